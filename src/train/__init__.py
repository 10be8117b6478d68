"""Stage train: build the estimator, cross-validate it, fit it, save it."""
