"""Stage prepare: check the raw table against the contract, clean it, split it."""
