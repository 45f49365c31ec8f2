"""One measurement of growth, with a peer that counts its calls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from benchmarks.comparison.growth_job import (
    WARM_UP_SPANS,
    Job,
    make_go,
    run_job,
    run_threads,
)
from benchmarks.comparison.peers.base import Addresses, Peer


class CountingPeer(Peer):
    """Counts its calls, from any thread."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.threads: set[int] = set()
        self.queue_size: int | None = None
        self._lock = threading.Lock()

    def _count(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1
            self.threads.add(threading.get_ident())

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """Store the size of the queue."""
        self.queue_size = queue_size

    def close(self, timeout: float) -> None:
        self._count("close")

    def root_finish(self) -> None:
        self._count("root_finish")

    def trace(self, spans: int) -> None:
        self._count(f"trace of {spans}")

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that counts itself."""
        return lambda: self._count(f"{count} tags")


def make_job(kind: str, size: int, spans: int) -> Job:
    """Return a job whose ports are not in use."""
    return Job("counting", kind, size, spans, udp_port=1, http_port=1)


@pytest.mark.parametrize(
    ("kind", "size", "call", "calls"),
    [
        ("tags", 8, "8 tags", 40),
        ("traces", 20, "trace of 20", 2),
        ("threads", 4, "root_finish", WARM_UP_SPANS + 40),
    ],
)
def test_a_job_creates_the_specified_number_of_spans(
    kind: str,
    size: int,
    call: str,
    calls: int,
) -> None:
    """Forty spans are forty tagged ones, two traces of twenty, or four times ten."""
    peer = CountingPeer()
    cost = run_job(make_job(kind, size, 40), peer)

    assert calls == peer.calls[call]
    assert 1 == peer.calls["close"]
    assert 40 == cost.spans


def test_queues_are_large_enough_for_all_spans() -> None:
    """The queue has the same size for all peers, so that no span is lost."""
    peer = CountingPeer()
    run_job(make_job("tags", 0, 40), peer)

    assert WARM_UP_SPANS + 40 == peer.queue_size


def test_an_unknown_kind_is_refused() -> None:
    """An unknown kind of growth is an error that names it."""
    with pytest.raises(ValueError, match="got 'logs'"):
        make_go(make_job("logs", 1, 1), CountingPeer())


def test_threads_run_at_the_same_time() -> None:
    """All threads have started before any of them continues."""
    meeting = threading.Barrier(3)

    def meet() -> None:
        meeting.wait(5)

    assert run_threads(meet, 3) >= 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_fails_the_job() -> None:
    """If threads have ended early, the duration of the others is an error."""

    def fail() -> None:
        raise ValueError

    with pytest.raises(RuntimeError, match="2 of 2 threads"):
        run_threads(fail, 2)
