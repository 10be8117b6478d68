"""Delete from the remote what no branch and no tag refers to."""
