"""Vega-Lite specifications of the report's pictures.

Colours come from the page: marks name a style, and the page says what it looks like in light and
dark. Everything is pure.
"""
