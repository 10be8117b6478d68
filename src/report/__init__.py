"""The report of a revision against its base: a page, a short note, and figures for GitLab.

It reads the small files that git tracks, never a table or a model, so its cost does not grow with
the data.
"""
