"""Watch a published model: compare what it scores with what it was published on."""
