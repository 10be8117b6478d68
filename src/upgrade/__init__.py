"""Bring a project to a later version of the template, as one commit that can be undone."""
