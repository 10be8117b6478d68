"""How much target leakage is found, on made tables of which it is known."""
