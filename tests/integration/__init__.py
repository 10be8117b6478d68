"""Several modules together: models fitted, saved, loaded and served, in other processes, too."""
