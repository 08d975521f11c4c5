"""Recomputation of published results: what the project claims to reproduce, compared cell by cell."""
