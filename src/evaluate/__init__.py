"""Stage evaluate: score the model, slice the scores, draw the plots' data, keep predictions."""
