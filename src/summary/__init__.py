"""Print the scores as a table on the terminal; reads files under ``metrics/`` only."""
