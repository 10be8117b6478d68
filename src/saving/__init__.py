"""The model as a file: what it may hold, and how it is written and read."""
