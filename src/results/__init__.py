"""What evaluation records and the gate reads: intervals and the predictions file."""
