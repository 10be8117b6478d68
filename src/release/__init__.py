"""Publish the model, make an older one current again, clean the storage."""
