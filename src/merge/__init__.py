"""Merge branches whose results both changed: build them anew instead of mixing them."""
