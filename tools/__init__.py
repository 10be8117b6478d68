"""For developing the template itself: an S3 server, copies of the project, pictures of the docs."""
