"""
Contexts across the wire: this client calls those for Go and Node, and is called.

Each client serves in a process of its own. A test sends the first of a row of services
an order, which it executes and passes on; the response has what each client knows about
its spans.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import pytest

from tests.real.clients.chains import FindService, Hop, assert_one_trace, send
from tests.real.clients.service import Order

Baggage = dict[str, str]
Travel = Callable[[str, str, Order], list[Hop]]

FORMATS: Final = {
    "go": ("jaeger", "b3", "text", "binary"),
    "node": ("jaeger", "b3", "text"),
}
"""The formats that both sides support. Node's binary codec reads and writes nothing."""

PAIRS: Final = [(client, form) for client, forms in FORMATS.items() for form in forms]

BAGGAGE: Final[dict[str, Baggage]] = {
    "plain": {"user": "17"},
    "several": {f"key-{number}": f"value {number}" for number in range(50)},
    "unicode": {"name": "Zoë 東京 🙂"},
    "blanks": {"sentence": "two  blanks and more"},
    "commas": {"list": "a,b; c=d"},
    "percent": {"share": "50%", "discount": "5 % off %"},
    "escapes": {"encoded": "100%25 %41"},
    "plus": {"sum": "1+1=2"},
    "long": {"long": "0123456789" * 400},
}

NOT_DECODED: Final = {("go", "b3"): ("unicode", "escapes")}
"""
Baggage that a client stores as it is in the header.

Its codec does not decode; it passes the header on unchanged, so that our next service
reads it.
"""

READ_AS: Final[dict[tuple[str, str, str], Baggage]] = {
    ("go", "b3", "escapes"): {"encoded": "100% A"},
}
"""
Baggage that another client sets and does not encode, but our codec decodes.

The two spellings cannot be distinguished.
"""

LONGEST_SET: Final = 2048
"""Characters of a value that both other clients preserve."""

NO_DEBUG: Final = {("go", "b3")}
"""Clients and formats without a debug flag: the trace stays sampled."""

STATES: Final[dict[str, Order]] = {
    "sampled": {"sampled": True},
    "unsampled": {"sampled": False},
    "debug": {"sampled": True, "debug": True},
}
"""The headers that the first service receives."""


@pytest.fixture
def there_and_back(service: FindService) -> Travel:
    """Let our service call another client's service, and that one ours again."""

    def travel(client: str, form: str, first: Order) -> list[Hop]:
        return send([service(name) for name in ("ours", client, "ours")], form, first)

    return travel


@pytest.mark.parametrize(("client", "form"), PAIRS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wide", [False, True], ids=["64 bits", "128 bits"])
def test_a_trace_goes_there_and_back(
    there_and_back: Travel, client: str, form: str, state: str, *, wide: bool
) -> None:
    """Each span has the trace's id and flags, and its caller as its parent."""
    hops = there_and_back(client, form, STATES[state] | {"wide": wide})

    is_debug = state == "debug"
    is_preserved = is_debug and (client, form) not in NO_DEBUG
    assert_one_trace(hops, wide=wide)
    assert [state != "unsampled"] * 5 == [hop["sampled"] for hop in hops]
    assert [is_debug] * 2 + [is_preserved] * 3 == [hop["debug"] for hop in hops]


@pytest.mark.parametrize(("client", "form"), PAIRS)
@pytest.mark.parametrize("kind", BAGGAGE)
def test_baggage_goes_there_and_back(
    there_and_back: Travel, client: str, form: str, kind: str
) -> None:
    """Every span has the baggage that was set on the first."""
    given = BAGGAGE[kind]
    first: Order = {"sampled": True, "baggage": given}

    hops = there_and_back(client, form, first)

    encoded = {key: quote(value, safe=" ") for key, value in given.items()}
    is_decoded = kind not in NOT_DECODED.get((client, form), ())
    theirs = given if is_decoded else encoded
    assert [given, given, theirs, theirs, given] == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize(("client", "form"), PAIRS)
@pytest.mark.parametrize("kind", BAGGAGE)
def test_baggage_of_another_client(
    service: FindService, client: str, form: str, kind: str
) -> None:
    """Baggage that another client sets and writes is read as it was set."""
    row = [service(client), service("ours")]
    first: Order = {"sampled": True, "baggage": BAGGAGE[kind]}

    hops = send(row, form, first)

    given = {key: value[:LONGEST_SET] for key, value in BAGGAGE[kind].items()}
    read = READ_AS.get((client, form, kind), given)
    assert [given, given, read] == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize(("client", "form"), PAIRS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wide", [False, True], ids=["64 bits", "128 bits"])
def test_a_trace_that_another_client_begins(
    service: FindService, client: str, form: str, state: str, *, wide: bool
) -> None:
    """Our spans join the trace with its ids and its flags."""
    row = [service(client), service("ours")]

    hops = send(row, form, STATES[state] | {"wide": wide})

    is_debug = state == "debug"
    is_preserved = is_debug and (client, form) not in NO_DEBUG
    assert_one_trace(hops, wide=wide)
    assert [state != "unsampled"] * 3 == [hop["sampled"] for hop in hops]
    assert [is_debug, is_debug, is_preserved] == [hop["debug"] for hop in hops]


@pytest.mark.parametrize("form", ["jaeger", "b3", "text"])
def test_all_clients_in_one_trace(service: FindService, form: str) -> None:
    """Five services of alternating clients are one trace."""
    names = ("ours", "go", "ours", "node", "ours")
    first: Order = {"sampled": True, "wide": True, "baggage": {"user": "17"}}

    hops = send([service(name) for name in names], form, first)

    assert_one_trace(hops, wide=True)
    assert [{"user": "17"}] * 9 == [hop["baggage"] for hop in hops]


def test_formats_change_from_service_to_service(service: FindService) -> None:
    """A trace goes from Go by one format to ours and by another to Node."""
    row = [service(name) for name in ("go", "ours", "node", "ours")]
    forms = ("jaeger", "binary", "b3", "jaeger")
    first: Order = {"sampled": True, "wide": True, "baggage": {"name": "Zoë"}}

    hops = send(row, forms, first)

    assert_one_trace(hops, wide=True)
    assert [{"name": "Zoë"}] * 7 == [hop["baggage"] for hop in hops]


@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_debug_id_reaches_the_next_client(
    service: FindService, client: str, first: str
) -> None:
    """A debug trace that one client starts is a debug trace to the other."""
    names = ["ours", client] if first == "ours" else [client, "ours"]
    row = [service(name) for name in names]

    hops = send(row, "jaeger", {}, {"jaeger-debug-id": "order 17"})

    assert [(True, True)] * 3 == [(hop["sampled"], hop["debug"]) for hop in hops]


@pytest.mark.parametrize(("client", "form"), PAIRS)
@pytest.mark.parametrize("trace_id", ["1", "10000000000000002", "f" * 16, "f" * 32])
def test_ids_of_any_length(
    service: FindService, client: str, form: str, trace_id: str
) -> None:
    """Leading zeros, at the start or in the middle of a trace id, change nothing."""
    row = [service(name) for name in ("ours", client, "ours")]
    headers = {"uber-trace-id": f"{trace_id}:2:0:1"}

    hops = send(row, ("jaeger", form, form), {}, headers)

    assert "2" == hops[0]["parent_id"]
    assert [trace_id] * 5 == [hop["trace_id"] for hop in hops]


@pytest.mark.parametrize("client", FORMATS)
def test_baggage_header_is_read_alike(service: FindService, client: str) -> None:
    """`jaeger-baggage` means the same to all clients."""
    trace = "5cb6f28d8a31f9e4:3f2b8c1de05a9761:0:1"
    headers = {"uber-trace-id": trace, "jaeger-baggage": "user=17, city=Bonn"}

    theirs, ours = (
        send([service(name)], "jaeger", {}, headers)[0] for name in (client, "ours")
    )

    assert {"user": "17", "city": "Bonn"} == ours["baggage"] == theirs["baggage"]
    assert ours["trace_id"] == theirs["trace_id"] == "5cb6f28d8a31f9e4"
