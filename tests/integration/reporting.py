"""Tracers that report to a scripted collector, and their counts."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import trustme

from jaeger_client import Config, Tracer
from jaeger_client.metrics import CallableMetricsFactory

TIMEOUT: Final = 50.0
"""Timeout in seconds; a step that takes longer fails its test."""

BATCH: Final = 3
"""Spans in a batch."""

C = TypeVar("C")
T = TypeVar("T")


@dataclass(frozen=True)
class Authority:
    """Certificates for collectors, valid and invalid ones."""

    ca_file: str
    """The file of the authority that the tracers trust."""
    tls: Mapping[str, ssl.SSLContext]
    """TLS contexts by the quality of their certificate."""


def make_authority(folder: Path) -> Authority:
    """Return an authority whose file is in *folder*, with certificates."""
    trusted = trustme.CA()
    ca_file = folder / "ca.pem"
    trusted.cert_pem.write_to_path(str(ca_file))
    yesterday = dt.datetime.now(dt.timezone.utc) - dt.timedelta(1)
    certificates = {
        "good": trusted.issue_cert("127.0.0.1"),
        "unknown": trustme.CA().issue_cert("127.0.0.1"),
        "misnamed": trusted.issue_cert("other.example"),
        "expired": trusted.issue_cert("127.0.0.1", not_after=yesterday),
    }
    tls = {quality: _make_tls(each) for quality, each in certificates.items()}
    return Authority(str(ca_file), tls)


def _make_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
    return context


class Counts:
    """A tracer's counts of its spans, by result and by cause."""

    def __init__(self) -> None:
        self._counted = threading.Condition()
        self._counts = Counter[str]()
        self.factory = CallableMetricsFactory(count=self._count)

    def _count(self, name: str, number: int, tags: Mapping[str, str]) -> None:
        names = {
            "jaeger.finished_spans": "sampled",
            "jaeger.reporter_spans": tags.get("result"),
            "jaeger.reporter_dropped": tags.get("cause"),
        }
        if (key := names.get(name)) is not None:
            with self._counted:
                self._counts[key] += number
                self._counted.notify_all()

    def wait_for_all(self) -> dict[str, int]:
        """Wait until each sampled span is sent or lost; return all counts."""
        with self._counted:
            self._counted.wait_for(self._is_complete, TIMEOUT)
            return dict(self._counts)

    def _is_complete(self) -> bool:
        ended = sum(self._counts[result] for result in ("ok", "err", "dropped"))
        return ended >= self._counts["sampled"]


def make_tracer(
    url: str, authority: Authority, counts: Counts, timeout: float
) -> Tracer:
    """Return a tracer that sends spans as soon as there are `BATCH` of them."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "collector": {"endpoint": url, "ca_file": authority.ca_file},
        "reporter_batch_size": BATCH,
        "reporter_flush_interval": 60,
        "reporter_timeout": timeout,
        "max_tag_value_length": 100_000,
    }
    config = Config(settings, service_name="receivers", metrics_factory=counts.factory)
    return config.new_tracer()


def report(tracer: Tracer, names: list[str]) -> None:
    """Finish a span for each of *names*."""
    for name in names:
        tracer.start_span(name).finish()


def in_parallel(call: Callable[[C], T], cases: Mapping[str, C]) -> dict[str, T]:
    """Return the results of *call* for all *cases*, called at the same time."""
    with ThreadPoolExecutor(len(cases)) as pool:
        futures = {name: pool.submit(call, case) for name, case in cases.items()}
        return {name: future.result(TIMEOUT) for name, future in futures.items()}


def differences(expected: Mapping[str, T], actual: Mapping[str, T]) -> list[str]:
    """Return the differences between two mappings, as lines."""
    return [
        f"{name}: expected {expected.get(name)}, got {actual.get(name)}"
        for name in expected.keys() | actual.keys()
        if expected.get(name) != actual.get(name)
    ]
