"""Build a commit once more and say what comes out differently."""
