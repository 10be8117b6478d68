"""Show what the stages measured; reads files under ``metrics/`` only."""
