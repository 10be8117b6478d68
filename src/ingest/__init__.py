"""Stage ingest: the default table, so that the first run needs no network and no storage."""
