"""What every stage with parameters needs: errors, output files, settings, the data contract."""
