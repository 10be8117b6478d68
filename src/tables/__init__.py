"""Raw tables: reading, converting and validating them, and what is suspicious about them."""
