"""Stage query: the table that a query gives, where one was adopted, of a database or of files."""
