"""Publish the model: push it, prove that it can be pulled, tag it."""
