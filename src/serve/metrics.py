"""What the server counts, for Prometheus; never a cell."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from src.serve.model import ServedModel

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
ROWS = (1, 2, 5, 10, 100, 1_000, 10_000, 100_000)


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "serve_requests", "requests answered", ["endpoint", "status"], registry=registry
        )
        self.seconds = Histogram(
            "serve_request_seconds", "from the first byte of the head to the last of the answer",
            ["endpoint"], buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.rows = Counter("serve_rows", "rows scored", registry=registry)
        self.batch_rows = Histogram(
            "serve_batch_rows", "rows scored at once", buckets=ROWS, registry=registry
        )
        self.reloads = Counter("serve_reloads", "loads of a model", ["outcome"], registry=registry)
        self.model = Info("serve_model", "the model in force", registry=registry)
        self.plain = Gauge(
            "serve_plain_path", "1 where feature steps are applied by the plain path",
            registry=registry,
        )  # fmt: skip

    def loaded(self, model: ServedModel) -> None:
        """Count a load, and say which model is in force."""
        self.reloads.labels("loaded").inc()
        self.model.info({"version": model.version})
        self.plain.set(model.plain is not None)
