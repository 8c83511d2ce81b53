"""What the service counts, in the form of Prometheus; nothing here tells one hub from another."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one service."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "hubagent_upstream_requests", "Requests by what was asked and how it ended.",
            ["what", "status"], registry=registry,
        )  # fmt: skip
        self.batches = Counter(
            "hubagent_upstream_batches", "Batches by whether they were had.", ["kind"], registry=registry
        )  # fmt: skip
        self.rows = Counter("hubagent_upstream_rows", "Rows of new batches.", registry=registry)
        self.batch_bytes = Histogram(
            "hubagent_upstream_batch_bytes", "Size of new batches as they came.",
            buckets=[128, 256, 512, 1024, 2048, 4096, 8192, 16384], registry=registry,
        )  # fmt: skip
        self.failed_turns = Counter(
            "hubagent_upstream_failed_turns", "Turns that came to nothing, as hubs told.",
            ["stage"], registry=registry,
        )  # fmt: skip
        self.erased_rows = Counter(
            "hubagent_upstream_erased_rows", "Rows taken back by their hubs.", registry=registry
        )
        self.landed_rows = Counter(
            "hubagent_upstream_landed_rows", "Rows written to Parquet.", registry=registry
        )
        self.landings = Counter(
            "hubagent_upstream_landings", "Landings by how they ended.", ["result"], registry=registry
        )  # fmt: skip
        self.landed_at = Gauge(
            "hubagent_upstream_landed_timestamp_seconds", "End of the last good landing.",
            registry=registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "hubagent_upstream_waiting_batches", "Batches that have not landed.", registry=registry
        )
        self.files = Gauge(
            "hubagent_upstream_files", "Parquet files landed and not dropped.", registry=registry
        )

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)
