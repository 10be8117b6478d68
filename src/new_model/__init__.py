"""Several models in one repository, each in a folder of its own, beside each other."""
