"""What training and evaluation share: the model file, predictions, metrics, threads."""
