"""An application under gevent: patched before anything else, many greenlets."""

from __future__ import annotations

import gevent.monkey

gevent.monkey.patch_all()

import gevent  # noqa: E402 - the patch comes first

from jaeger_client import Span  # noqa: E402
from tests.integration.programs.make_tracer import make_tracer  # noqa: E402

GREENLETS = 50

tracer = make_tracer()


def handle(number: int) -> None:
    """Keep a span active while other greenlets run."""
    with tracer.start_active_span(f"request {number}") as scope:
        gevent.sleep(0)
        assert tracer.active_span is scope.span
        with tracer.start_active_span(f"query {number}") as query:
            gevent.sleep(0)
            assert isinstance(query.span, Span)
            assert isinstance(scope.span, Span)
            assert query.span.parent_id == scope.span.span_id


greenlets = [  # pyright: ignore[reportUnknownVariableType]  # gevent tells no more
    gevent.spawn(handle, n) for n in range(GREENLETS)
]
gevent.joinall(greenlets, raise_error=True)  # pyright: ignore[reportUnknownArgumentType]  # gevent tells no more
assert tracer.active_span is None
assert tracer.close().result()
