"""How sure is a place: uncertainty of ranks and its causes."""
