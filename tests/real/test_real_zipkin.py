"""Our spans in a real Zipkin, and traces that we share with one of its clients."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from jaeger_client import __version__
from jaeger_client.encoding import ZipkinJsonEncoder
from jaeger_client.model import SpanLosses
from jaeger_client.senders import HttpSender
from tests.foreign.spans import FinishedSpan, Ids, encode_one
from tests.real.clients.service import Order, Response, Service
from tests.real.conftest import PROGRAMS, RunProgram, clean_environment
from tests.real.jaeger_query import Json
from tests.real.zipkin_query import ZipkinQuery

SERVICE: Final = "zipkin-everything"
LATEST_END: Final = {"timestamp": 1_700_000_000_500_000, "duration": 250_000}


@pytest.fixture(scope="module")
def everything(zipkin: ZipkinQuery, run_program: RunProgram) -> dict[str, Json]:
    """Return Zipkin's spans of one program, by their names."""
    output = run_program("zipkin_everything.py", JAEGER_ENDPOINT=zipkin.endpoint)
    trace_id, all_left = output.split()
    assert all_left == "True"
    return {span["name"]: span for span in zipkin.trace(trace_id, 17)}


def part(span: Json, *names: str) -> Json:
    """Return the fields of these names, as far as the span has them."""
    return {name: span[name] for name in names if name in span}


def test_all_spans_are_one_trace(everything: dict[str, Json]) -> None:
    """Each span is in the trace of the root, of 128 bits, and below it."""
    root = everything["root"]

    assert 17 == len(everything)
    assert {root["traceId"]} == {span["traceId"] for span in everything.values()}
    assert 32 == len(root["traceId"])
    assert {None, root["id"]} == {span.get("parentId") for span in everything.values()}


def test_a_root(everything: dict[str, Json]) -> None:
    """The root has its times, its local endpoint, and the tags of its process."""
    root = dict(everything["root"])
    root["tags"] = part(root["tags"], "hostname", "jaeger.version", "zone")

    assert {
        "traceId": root["traceId"],
        "id": root["id"],
        "name": "root",
        "timestamp": 1_700_000_000_500_000,
        "duration": 1_000_000,
        "localEndpoint": {"serviceName": SERVICE, "ipv4": "10.1.2.3"},
        "tags": {
            "hostname": socket.gethostname(),
            "jaeger.version": f"Python-{__version__}",
            "zone": "North",
        },
    } == root


@pytest.mark.parametrize(
    ("name", "kind", "remote"),
    [
        (
            "client",
            "CLIENT",
            {"serviceName": "desk", "ipv4": "10.0.0.1", "port": 8080},
        ),
        ("client by number", "CLIENT", {"ipv4": "10.0.0.2", "port": 81}),
        ("client by ipv6", "CLIENT", {"ipv6": "2001:db8::1"}),
        ("client by address", "CLIENT", {"ipv6": "2001:db8::2", "port": 82}),
        ("client by host", "CLIENT", {"serviceName": "db.local"}),
        ("server", "SERVER", {"ipv4": "10.0.0.3"}),
        ("producer", "PRODUCER", {"serviceName": "queue"}),
        ("consumer", "CONSUMER", {"serviceName": "queue"}),
        ("odd port", "CLIENT", {"serviceName": "desk"}),
    ],
)
def test_kinds_and_peers(
    everything: dict[str, Json], name: str, kind: str, remote: Json
) -> None:
    """Zipkin has the kind of each span and its remote endpoint."""
    assert LATEST_END | {"kind": kind, "remoteEndpoint": remote} == part(
        everything[name], "kind", "remoteEndpoint", "timestamp", "duration"
    )


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("client", None),
        ("client by host", {"peer.hostname": "db.local"}),
        ("odd port", {"peer.port": "65536"}),
        ("own kind", {"span.kind": "cron"}),
        ("error", {"error": "true"}),
        ("error text", {"error": "out of paper"}),
        ("no error", None),
        (
            "local",
            {"n": "1", "f": "0.5", "yes": "true", "text": "Größe", "data": "AP8="},
        ),
    ],
)
def test_tags(everything: dict[str, Json], name: str, tags: Json | None) -> None:
    """Zipkin has the tags as text, without those that it shows elsewhere."""
    assert tags == everything[name].get("tags")


def test_annotations(everything: dict[str, Json]) -> None:
    """Logs are annotations; a span without duration is shown with one."""
    logs = everything["logs"]

    assert 1 == logs["duration"]
    assert [
        {"timestamp": 1_700_000_000_600_000, "value": "retry"},
        {"timestamp": 1_700_000_000_700_000, "value": '{"event":"slow","n":"2"}'},
    ] == logs["annotations"]


def test_debug(everything: dict[str, Json]) -> None:
    """A debug span is marked, and no other is."""
    assert ["debug"] == [name for name, span in everything.items() if span.get("debug")]


@pytest.mark.usefixtures("everything")
def test_zipkin_lists_service_peers_and_names(zipkin: ZipkinQuery) -> None:
    """The service can be selected, by its spans and by the services it calls."""
    assert SERVICE in zipkin.services(SERVICE)
    assert {"desk", "db.local", "queue"} == {*zipkin.remote_services(SERVICE, "queue")}
    assert {"root", "client by host"} <= {*zipkin.span_names(SERVICE, "root")}


@pytest.mark.usefixtures("everything")
def test_the_graph_shows_who_is_called(zipkin: ZipkinQuery) -> None:
    """A service that reports nothing is in the graph by its own or its host's name."""
    links = zipkin.links((SERVICE, "desk"), (SERVICE, "db.local"), (SERVICE, "queue"))

    assert 2 == links[SERVICE, "desk"]["callCount"]
    assert 1 == links[SERVICE, "db.local"]["callCount"]
    assert {"desk", "db.local", "queue"} == {
        child for parent, child in links if parent == SERVICE
    }


@pytest.fixture(scope="module")
def ours(
    zipkin: ZipkinQuery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Run a service that our client traces."""
    environment = clean_environment(sys.executable) | {
        "JAEGER_ENDPOINT": zipkin.endpoint,
        "JAEGER_SERVICE_NAME": "ours",
        "JAEGER_PROPAGATION": "b3,b3single",
        "JAEGER_SAMPLER_TYPE": "const",
        "JAEGER_SAMPLER_PARAM": "1",
        "JAEGER_TAGS": "ip=127.0.0.1",
    }
    command: list[str | Path] = [sys.executable, PROGRAMS / "zipkin_ours.py"]
    log = tmp_path_factory.mktemp("ours") / "log"
    service = Service(command, log, environment)
    yield service
    service.close()


@pytest.fixture(scope="module")
def foreign(
    zipkin: ZipkinQuery,
    py_zipkin_python: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """Run a service that py-zipkin traces."""
    program = PROGRAMS / "zipkin_foreign.py"
    command: list[str | Path] = [py_zipkin_python, program, zipkin.url]
    log = tmp_path_factory.mktemp("foreign") / "log"
    service = Service(command, log, clean_environment(py_zipkin_python))
    yield service
    service.close()


Ends = tuple[Service, Service]
FORMS: Final = pytest.mark.parametrize("single", [False, True], ids=["multi", "single"])
JOINS: Final = pytest.mark.parametrize("joins", [False, True], ids=["child", "joined"])
WIDE: Final = pytest.mark.parametrize("wide", [False, True], ids=["64", "128"])


def row_of(
    *services: tuple[str, Service, Order], peer: Mapping[str, str] | None = None
) -> Response:
    """Let each service call the next; return the response of the first one."""
    following: Order | None = None
    for name, service, order in reversed(services):
        passed_on: Order = order if following is None else order | {"next": following}
        following = {
            "url": service.url,
            "order": passed_on,
            "peer": peer or {"peer.service": name},
        }
    assert following is not None
    return services[0][1].execute(following["order"])


def there_and_back(
    ours: Service, foreign: Service, first: Order, joins: bool
) -> Response:
    """Let py-zipkin's service call ours, and ours py-zipkin's again."""
    return row_of(
        ("foreign", foreign, first),
        ("ours", ours, {"joins": joins}),
        ("foreign", foreign, {}),
    )


def named(spans: list[Json]) -> dict[tuple[str, str, bool], Json]:
    """Return spans by service, name, and whether the trace began elsewhere."""
    return {
        (span["localEndpoint"]["serviceName"], span["name"], "parentId" in span): span
        for span in spans
    }


@FORMS
@JOINS
@WIDE
def test_a_mixed_trace(
    zipkin: ZipkinQuery,
    ours: Service,
    foreign: Service,
    *,
    single: bool,
    joins: bool,
    wide: bool,
) -> None:
    """Spans of both clients form one trace, with shared ids where they join."""
    response = there_and_back(ours, foreign, {"single": single, "wide": wide}, joins)
    trace_id = response["server"]["trace_id"]
    spans = named(zipkin.trace(trace_id, 5))

    entry = spans["foreign", "serve", False]
    call = spans["foreign", "call", True]
    served = spans["ours", "serve", True]
    called = spans["ours", "call", True]
    last = spans["foreign", "serve", True]
    assert (5, 32 if wide else 16) == (len(spans), len(trace_id))
    assert entry["id"] == call["parentId"]
    assert joins == (served["id"] == call["id"])
    assert served["parentId"] == (entry["id"] if joins else call["id"])
    assert (True if joins else None) == served.get("shared")
    assert served["id"] == called["parentId"]
    # Zipkin's clients always join.
    assert (called["id"], True) == (last["id"], last["shared"])


def outline(span: Json) -> Json:
    """Return a span without what differs in each: ids, times, names, ports."""
    same = dict(span) | dict.fromkeys(
        ("traceId", "id", "parentId", "timestamp", "duration") & span.keys(), "any"
    )
    for end in ("localEndpoint", "remoteEndpoint"):
        if end in span:
            changing = {"serviceName", "port"} & span[end].keys()
            same[end] = span[end] | dict.fromkeys(changing, "any")
    same["annotations"] = [note["value"] for note in span.get("annotations", ())]
    return same


def test_our_spans_are_as_those_of_its_own_client(
    zipkin: ZipkinQuery, ours: Service, foreign: Service
) -> None:
    """Our spans equal py-zipkin's in each field, except for the tags of our process."""
    response = there_and_back(ours, foreign, {}, joins=True)
    spans = named(zipkin.trace(response["server"]["trace_id"], 5))
    served = outline(spans["ours", "serve", True])
    process = {key: served["tags"].pop(key) for key in ("hostname", "jaeger.version")}

    assert outline(spans["foreign", "serve", True]) == served
    assert outline(spans["foreign", "call", True]) == outline(
        spans["ours", "call", True]
    )
    assert f"Python-{__version__}" == process["jaeger.version"]


@JOINS
def test_the_graph_names_both_services(
    zipkin: ZipkinQuery, ours: Service, foreign: Service, *, joins: bool
) -> None:
    """Zipkin's graph has calls in both directions, joined or not."""
    there, back = ("foreign", "ours"), ("ours", "foreign")
    before = {link: found["callCount"] for link, found in zipkin.links().items()}
    response = there_and_back(ours, foreign, {}, joins)
    zipkin.trace(response["server"]["trace_id"], 5)
    links = zipkin.links(there, back)

    assert [before.get(link, 0) + 1 for link in (there, back)] == [
        links[link]["callCount"] for link in (there, back)
    ]


def test_a_host_is_no_service_where_the_service_reports(
    zipkin: ZipkinQuery, ours: Service, foreign: Service
) -> None:
    """A service that is called by its host's name has its own name in the graph."""
    response = row_of(
        ("ours", ours, {}),
        ("foreign", foreign, {}),
        peer={"peer.hostname": "desk.local"},
    )
    spans = named(zipkin.trace(response["server"]["trace_id"], 3))
    links = zipkin.links(("ours", "foreign"))

    remote = spans["ours", "call", True]["remoteEndpoint"]
    assert ("desk.local", "127.0.0.1") == (remote["serviceName"], remote["ipv4"])
    assert "desk.local" not in {name for link in links for name in link}


@FORMS
def test_a_debug_trace_of_its_client(
    zipkin: ZipkinQuery, ours: Service, foreign: Service, *, single: bool
) -> None:
    """A debug trace of py-zipkin is one for us and for Zipkin."""
    first: Order = {"single": single, "debug": True}
    response = there_and_back(ours, foreign, first, joins=True)
    spans = named(zipkin.trace(response["server"]["trace_id"], 5))

    assert [True, True] == [
        spans["ours", name, True].get("debug") for name in ("serve", "call")
    ]


@FORMS
def test_an_unsampled_trace_of_its_client(
    zipkin: ZipkinQuery, ours: Service, foreign: Service, *, single: bool
) -> None:
    """A trace that py-zipkin does not record is recorded neither by us nor the next."""
    first: Order = {"single": single, "sampled": False}
    response = there_and_back(ours, foreign, first, joins=True)
    # Spans sent before this request are stored by now.
    later = there_and_back(ours, foreign, {}, joins=True)
    assert len(zipkin.trace(later["server"]["trace_id"], 5)) == 5

    trace_id = response["next"]["server"]["trace_id"]
    assert response["server"]["trace_id"] == trace_id
    assert [] == zipkin.trace_now(trace_id)


HOSTILE: Final[list[dict[str, Any]]] = [
    {"tag_items": [("peer.service", "x"), ("peer.port", 65536)]},
    {"tag_items": [("peer.ipv4", "1.2.3.4.5"), ("peer.port", -1)]},
    {"tag_items": [("peer.ipv6", "fe80::1%eth0"), ("peer.ipv4", 2**40)]},
    {"tag_items": [("\ud800", "\udfff"), ("nul", "a\x00b"), ("", "")]},
    {"tag_items": [("big", 10**5000), ("nan", float("nan")), (None, None)]},
    {"operation_name": ""},
    {"operation_name": None},
    {"start_time": -1.0, "end_time": -2.0},
    {"start_time": 1e300, "end_time": 1e301},
    {"start_time": float("nan"), "end_time": float("inf")},
    {"log_items": [(0, []), (-5, [("event", "")]), (2**70, [("a", 1)]), (1.5, [])]},
    {"shares_span_id": True},
    {"ids": Ids(7, 8, 8)},
    {"ids": Ids(2**130 + 9, 2**64 + 6, -1)},
]
"""Parts of spans for which Zipkin might reject a whole list."""


def test_zipkin_takes_whatever_is_in_a_span(zipkin: ZipkinQuery) -> None:
    """No span causes its list to be rejected, however unusual it is."""
    losses = SpanLosses()
    encoder = ZipkinJsonEncoder(losses)
    sender = HttpSender(zipkin.endpoint, content_type=encoder.content_type)
    before = zipkin.accepted_spans()
    try:
        for parts in HOSTILE:
            sender.send(encode_one(encoder, FinishedSpan(**parts)))
    finally:
        sender.close()

    assert SpanLosses() == losses
    assert len(HOSTILE) == zipkin.accepted_spans() - before


def test_a_burst_arrives_whole(zipkin: ZipkinQuery, run_program: RunProgram) -> None:
    """Thousands of spans that are created as fast as possible all arrive."""
    before = zipkin.accepted_spans()
    output = run_program("burst.py", SPANS="8000", JAEGER_ENDPOINT=zipkin.endpoint)

    assert "True" == output.strip()
    assert 8_000 == zipkin.accepted_spans() - before
    assert 0 == zipkin.dropped_spans()


def test_a_compressed_list_is_read(zipkin: ZipkinQuery) -> None:
    """Zipkin accepts gzipped lists, too."""
    sender = HttpSender(
        zipkin.endpoint, content_type=ZipkinJsonEncoder.content_type, gzip=True
    )
    body = json.dumps([{"traceId": "c0", "id": "c0", "name": "small"}]).encode()
    try:
        sender.send(body)
    finally:
        sender.close()

    assert ["small"] == [span["name"] for span in zipkin.trace("00000000000000c0", 1)]
