"""Spans on event loops and in greenlets, in processes of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.integration.conftest import RunProgram, printed_json
from tests.integration.span_sink import SpanSink

TASKS = 20
"""As in `programs/loop_work.py`."""

LONGEST = 5.0
"""
Maximum duration of a call in seconds, while receivers do not respond for 300.

Most calls take less than 0.1 ms; a busy machine may not run a process for a while.
"""

CALLS = {
    "start_active_span",
    "start_span",
    "set_tag",
    "log_kv",
    "inject",
    "extract",
    "finish",
    "close",
}

LOOPS = [
    ("loop_async.py", "asyncio"),
    ("loop_async.py", "uvloop"),
    ("loop_async.py", "anyio-asyncio"),
    ("loop_async.py", "anyio-trio"),
    ("loop_greenlets.py", "gevent", "early"),
    ("loop_greenlets.py", "gevent", "late"),
    ("loop_greenlets.py", "eventlet", "early"),
    ("loop_greenlets.py", "eventlet", "late"),
]

each_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: "-".join(loop[1:]))


@each_loop
def test_spans_of_a_loop_arrive_once_with_their_parents(
    run_program: RunProgram, sink: SpanSink, loop: tuple[str, ...]
) -> None:
    """
    Concurrent requests have an active span each.

    That holds across switches, in worker threads, and where an injected context is
    continued. Tasks begin with the active span of the code that started them, greenlets
    without.
    """
    run_program(*loop, "spans")

    assert sink.wait_for(1 + 4 * TASKS)
    names = {span.spanId: span.operationName for span in sink.spans}
    parents = Counter(
        (span.operationName, names.get(span.parentSpanId)) for span in sink.spans
    )
    creator = "all" if loop[0] == "loop_async.py" else None
    expected = Counter[tuple[str, str | None]]([("all", None)])
    for number in range(TASKS):
        root = f"request {number}"
        children = (f"{kind} {number}" for kind in ("query", "remote", "thread"))
        expected.update([(root, creator), *((child, root) for child in children)])
    assert expected == parents


@pytest.mark.long
@each_loop
def test_no_call_blocks_a_loop(
    run_program: RunProgram,
    record_testsuite_property: Callable[[str, object], None],
    loop: tuple[str, ...],
) -> None:
    """
    No call waits for a receiver that refuses, never responds or does not resolve.

    The loop runs while a thread flushes and closes.
    """
    figures: dict[str, dict[str, float]] = printed_json(run_program(*loop, "measure"))
    for receiver, figure in figures.items():
        line = ", ".join(f"{name} {value:.2f}" for name, value in figure.items())
        record_testsuite_property(f"{'-'.join(loop[1:])}, {receiver}, ms", line)
    turns = {name: figure.pop("turns at the end") for name, figure in figures.items()}

    assert {"none", "refused", "hanging", "unresolvable"} == figures.keys()
    assert all(CALLS < figure.keys() for figure in figures.values())
    assert max(max(figure.values()) for figure in figures.values()) < 1e3 * LONGEST
    assert min(turns["hanging"], turns["unresolvable"]) > 10
