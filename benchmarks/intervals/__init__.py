"""How often intervals cover and the gate errs, on made test sets whose truth is known."""
