"""What is fitted, and on which folds: what search and train have in common."""
