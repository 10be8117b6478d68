"""Put the report's note on its merge request, where a token allows it."""
