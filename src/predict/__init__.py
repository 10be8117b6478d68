"""Score a table of any length with the model of this commit."""
