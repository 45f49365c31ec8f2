"""
Our propagator in OpenTelemetry's SDK, between our client and those for Go and Node.

Each service runs in a process of its own; see `clients/chains.py`.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.real.clients.chains import FindService, assert_one_trace, send
from tests.real.clients.service import Order

OTHERS: Final = ["ours", "go", "node"]
BAGGAGE: Final = {
    "user": "17",
    "name": "Zoë 東京 🙂",
    "sentence": "two  blanks and more",
    "list": "a,b; c=d",
    "sum": "1+1=2",
    "share": "50% %41",
}
STATES: Final[dict[str, Order]] = {
    "sampled": {"sampled": True},
    "unsampled": {"sampled": False},
    "debug": {"sampled": True, "debug": True},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wide", [False, True], ids=["64 bits", "128 bits"])
@pytest.mark.parametrize("other", ["go", "node"])
def test_a_trace_goes_there_and_back(
    service: FindService, other: str, state: str, *, wide: bool
) -> None:
    """Flags and baggage are the same on the way to Go or Node and on the way back."""
    names = ("ours", "opentelemetry", other, "opentelemetry", "ours")
    first = STATES[state] | {"wide": wide, "baggage": BAGGAGE}

    hops = send([service(name) for name in names], "jaeger", first)

    assert_one_trace(hops, wide=wide)
    assert [state != "unsampled"] * 9 == [hop["sampled"] for hop in hops]
    assert [state == "debug"] * 9 == [hop["debug"] for hop in hops]
    assert [BAGGAGE] * 9 == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wide", [False, True], ids=["64 bits", "128 bits"])
@pytest.mark.parametrize("other", OTHERS)
def test_a_trace_that_another_client_starts(
    service: FindService, other: str, state: str, *, wide: bool
) -> None:
    """OpenTelemetry joins it with its ids, flags and baggage, and passes them on."""
    row = [service(name) for name in (other, "opentelemetry", other)]
    first = STATES[state] | {"wide": wide, "baggage": BAGGAGE}

    hops = send(row, "jaeger", first)

    assert_one_trace(hops, wide=wide)
    assert [state != "unsampled"] * 5 == [hop["sampled"] for hop in hops]
    assert [state == "debug"] * 5 == [hop["debug"] for hop in hops]
    assert [BAGGAGE] * 5 == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("other", OTHERS)
def test_a_trace_that_opentelemetry_starts(
    service: FindService, other: str, *, sampled: bool
) -> None:
    """A sampled trace of OpenTelemetry is not a debug trace."""
    row = [service(name) for name in ("opentelemetry", other, "opentelemetry")]

    hops = send(row, "jaeger", {"sampled": sampled, "baggage": BAGGAGE})

    assert_one_trace(hops, wide=True)
    assert [sampled] * 5 == [hop["sampled"] for hop in hops]
    assert [False] * 5 == [hop["debug"] for hop in hops]
    assert [BAGGAGE] * 5 == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize("trace_id", ["1", "10000000000000002", "f" * 16, "f" * 32])
def test_ids_of_any_length(service: FindService, trace_id: str) -> None:
    """Trace ids with and without leading zeros are the same to all clients."""
    names = ("opentelemetry", "go", "opentelemetry", "node", "opentelemetry", "ours")
    headers = {"Uber-Trace-Id": f"{trace_id}:2:0:1"}

    hops = send([service(name) for name in names], "jaeger", {}, headers)

    assert "2" == hops[0]["parent_id"]
    assert [trace_id] * 11 == [hop["trace_id"] for hop in hops]


@pytest.mark.parametrize("other", OTHERS)
def test_a_debug_trace_of_another_client(service: FindService, other: str) -> None:
    """A debug trace that another client starts for a debug id stays a debug trace."""
    row = [service(name) for name in (other, "opentelemetry", other)]

    hops = send(row, "jaeger", {}, {"jaeger-debug-id": "order 17"})

    assert [(True, True)] * 5 == [(hop["sampled"], hop["debug"]) for hop in hops]


@pytest.mark.parametrize("state", STATES)
def test_debug_changes_between_formats(service: FindService, state: str) -> None:
    """Debug is in the trace state to OpenTelemetry, and in the flags to Go."""
    names = ("ours", "opentelemetry, both", "go", "opentelemetry, both", "ours")
    forms = ("jaeger", "w3c", "jaeger", "jaeger", "w3c")
    # OpenTelemetry writes a blank in W3C baggage as a plus.
    first = STATES[state] | {"wide": True, "baggage": {"user": "17"}}

    hops = send([service(name) for name in names], forms, first)

    assert_one_trace(hops, wide=True)
    assert [state != "unsampled"] * 9 == [hop["sampled"] for hop in hops]
    assert [state == "debug"] * 9 == [hop["debug"] for hop in hops]
    assert [{"user": "17"}] * 9 == [hop["baggage"] for hop in hops]
