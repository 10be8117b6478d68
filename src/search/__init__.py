"""Stage search: look for better hyperparameters on the folds; off where `search.trials` is 0."""
