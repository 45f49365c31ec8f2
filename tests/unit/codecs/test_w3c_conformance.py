"""The cases of W3C's test suite for Trace Context."""

from __future__ import annotations

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.codecs import W3CCodec
from jaeger_client.reporter import NullReporter
from tests.foreign.w3c_cases import CASES, PARENT, SPAN, TRACE, Case

HTTP = "http_headers"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case_of_the_suite(case: Case) -> None:
    """Incoming headers are passed on as the suite requires."""
    outgoing = sent_on(carrier_of(case))

    trace, span = outgoing["traceparent"].split("-")[1:3]
    assert (trace == TRACE) == case.joined
    assert "0" * 32 != trace
    assert span not in {SPAN, "0" * 16}
    assert members(case.state) == members(outgoing.get("tracestate"))


def test_a_state_is_passed_on_unchanged() -> None:
    """A valid state is not changed, including its blanks."""
    state = "congo=t61rcWkgMzE , rojo=00f067aa0ba902b7,"

    outgoing = sent_on({"traceparent": PARENT, "tracestate": state})

    assert state == outgoing["tracestate"]


def test_descendants_inherit_the_state() -> None:
    """The state is injected by descendants as well."""
    tracer = new_tracer()
    span = tracer.start_span(
        "a", child_of=tracer.extract(HTTP, {"traceparent": PARENT, "tracestate": "a=1"})
    )
    for _ in range(3):
        span = tracer.start_span("b", child_of=span)
    outgoing: dict[str, str] = {}
    tracer.inject(span, HTTP, outgoing)

    assert "a=1" == outgoing["tracestate"]


def new_tracer() -> Tracer:
    """Return a tracer with 128-bit ids and W3C propagation."""
    return Tracer(
        "w3c",
        NullReporter(),
        ConstSampler(decision=True),
        generate_128bit_trace_id=True,
        extra_codecs={HTTP: W3CCodec()},
    )


def sent_on(carrier: dict[str, object]) -> dict[str, str]:
    """Return the headers of a call that a service makes for a request."""
    tracer = new_tracer()
    span = tracer.start_span("serve", child_of=tracer.extract(HTTP, carrier))
    outgoing: dict[str, str] = {}
    tracer.inject(span, HTTP, outgoing)
    return outgoing


def carrier_of(case: Case) -> dict[str, object]:
    """Return the headers as a server passes them: repeated ones as a list."""
    values: dict[str, list[str]] = {}
    for name, value in case.headers:
        values.setdefault(name, []).append(value)
    return {name: some if len(some) > 1 else some[0] for name, some in values.items()}


def members(state: str | None) -> list[str]:
    """Return the members of a `tracestate`."""
    return [
        member for part in (state or "").split(",") if (member := part.strip(" \t"))
    ]
