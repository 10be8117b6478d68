"""The server beside a bare FastAPI, and MLflow's where it is installed."""
