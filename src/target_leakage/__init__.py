"""Columns that know the target: evidence from the cells, not from the names."""
