"""Sources of weights, each under its textbook name."""
