"""The gate: may this model be published? Reads what the stages left; is no stage itself."""
