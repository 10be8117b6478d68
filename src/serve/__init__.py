"""Serve a published model over HTTP: the Open Inference Protocol V2, and records."""
