"""Bring your own table: look at it, write its contract, set the pipeline up for it."""
