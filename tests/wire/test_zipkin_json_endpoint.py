"""The peer of a span as Zipkin's remote endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client.encoding import ZipkinJsonEncoder
from jaeger_client.model import SpanLosses, TagValue
from tests.foreign.decoders import decode_zipkin
from tests.foreign.spans import FinishedSpan, Ids, encode_one

Tags = dict[str, TagValue]


def read_peer(tags: Tags, kind: str = "client") -> tuple[dict[str, Any], Any]:
    """Return the remote endpoint of a span with *tags*, and its remaining tags."""
    items = [*tags.items(), ("span.kind", kind)]
    span = FinishedSpan(ids=Ids(1, 2, 3), tag_items=items)
    (decoded,) = decode_zipkin(encode_one(ZipkinJsonEncoder(SpanLosses()), span))
    return decoded.get("remoteEndpoint", {}), decoded.get("tags", {})


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"peer.service": "Desk"}, {"serviceName": "desk"}),
        ({"peer.ipv4": "10.0.0.1"}, {"ipv4": "10.0.0.1"}),
        ({"peer.ipv4": 167772161}, {"ipv4": "10.0.0.1"}),
        ({"peer.ipv4": "167772161"}, {"ipv4": "10.0.0.1"}),
        ({"peer.ipv4": -1062731519}, {"ipv4": "192.168.1.1"}),
        ({"peer.ipv6": "2001:DB8::0001"}, {"ipv6": "2001:db8::1"}),
        ({"peer.ipv6": "fe80::1%eth0"}, {"ipv6": "fe80::1"}),
        ({"peer.ipv6": "::ffff:10.0.0.1"}, {"ipv4": "10.0.0.1"}),
        ({"peer.hostname": "10.0.0.1"}, {"ipv4": "10.0.0.1"}),
        ({"peer.address": "10.0.0.1"}, {"ipv4": "10.0.0.1"}),
        ({"peer.address": "10.0.0.1:80"}, {"ipv4": "10.0.0.1", "port": 80}),
        ({"peer.address": "::1"}, {"ipv6": "::1"}),
        ({"peer.address": "[::1]:80"}, {"ipv6": "::1", "port": 80}),
        ({"peer.address": "[::1]"}, {"ipv6": "::1"}),
        (
            {"peer.service": "desk", "peer.port": "80"},
            {"serviceName": "desk", "port": 80},
        ),
        (
            {
                "peer.service": "desk",
                "peer.ipv4": "10.0.0.1",
                "peer.ipv6": "::1",
                "peer.address": "10.0.0.1:80",
                "peer.port": 80,
            },
            {"serviceName": "desk", "ipv4": "10.0.0.1", "ipv6": "::1", "port": 80},
        ),
    ],
)
@pytest.mark.parametrize("kind", ["client", "server", "cron"])
def test_what_the_endpoint_contains_is_no_tag(
    tags: Tags, expected: dict[str, Any], kind: str
) -> None:
    """Tags that the endpoint holds completely are removed, for any kind of span."""
    endpoint, left = read_peer(tags, kind)

    assert expected == endpoint
    assert set() == left.keys() & tags.keys()


@pytest.mark.parametrize(
    "tags",
    [
        {"peer.service": ""},
        {"peer.ipv4": "here"},
        {"peer.ipv4": True},
        {"peer.ipv4": 2**32},
        {"peer.ipv4": "1" * 5_000},
        {"peer.ipv6": "x" * 5_000},
        {"peer.ipv6": "::x"},
        {"peer.port": 80},
        {"peer.address": "jdbc:mysql://host:80/db"},
        {"peer.address": "user@host"},
        {"peer.address": "host:port"},
        {"peer.address": "[host"},
        {"peer.hostname": ""},
    ],
)
def test_what_cannot_be_used_stays(tags: Tags) -> None:
    """What is not a name, address or port stays a tag; a port alone is no endpoint."""
    endpoint, left = read_peer(tags, "server")

    assert {} == endpoint
    assert tags.keys() == left.keys()


@pytest.mark.parametrize("port", [0, -1, 65536, "http", 80.5, "1" * 5_000, ""])
def test_a_port_that_is_none(port: TagValue) -> None:
    """Only valid ports are sent, because Zipkin rejects a list for one above 65,535."""
    endpoint, left = read_peer({"peer.service": "desk", "peer.port": port})

    assert {"serviceName": "desk"} == endpoint
    assert {"peer.port"} == left.keys()


@pytest.mark.parametrize(
    "tags",
    [
        {"peer.hostname": "Desk.local"},
        {"peer.address": "desk.local"},
        {"peer.address": "desk.local:80"},
        {"peer.address": "other:80", "peer.hostname": "desk.local"},
        {"peer.address": "10.0.0.1:80", "peer.hostname": "desk.local"},
    ],
)
@pytest.mark.parametrize("kind", ["client", "producer"])
def test_a_host_names_a_called_service(tags: Tags, kind: str) -> None:
    """A called service without a name gets that of its host, which stays a tag."""
    endpoint, left = read_peer(tags, kind)

    assert "desk.local" == endpoint["serviceName"]
    assert {"peer.hostname"} & tags.keys() <= left.keys()


@pytest.mark.parametrize("kind", ["server", "consumer", "cron"])
def test_a_callers_host_is_no_service(kind: str) -> None:
    """Hosts that call are not services: each would be a node of the graph."""
    tags: Tags = {"peer.hostname": "laptop"}

    assert ({}, tags) == (
        read_peer(tags, kind)[0],
        {key: value for key, value in read_peer(tags, kind)[1].items() if key in tags},
    )


def test_a_service_beats_its_host() -> None:
    """If the service has a name, the host stays a tag."""
    endpoint, left = read_peer({"peer.service": "desk", "peer.hostname": "d1"})

    assert ({"serviceName": "desk"}, {"peer.hostname": "d1"}) == (endpoint, left)


@pytest.mark.parametrize(
    ("tags", "expected", "left"),
    [
        (
            {"peer.ipv4": "10.0.0.1", "peer.address": "10.0.0.2:80"},
            {"ipv4": "10.0.0.1"},
            {"peer.address": "10.0.0.2:80"},
        ),
        (
            {"peer.port": 81, "peer.address": "10.0.0.2:80"},
            {"ipv4": "10.0.0.2", "port": 80},
            {"peer.port": "81"},
        ),
        (
            {"peer.ipv4": "10.0.0.1", "peer.hostname": "10.0.0.2"},
            {"ipv4": "10.0.0.1"},
            {"peer.hostname": "10.0.0.2"},
        ),
    ],
)
def test_what_contradicts_stays(
    tags: Tags, expected: dict[str, Any], left: dict[str, str]
) -> None:
    """A tag that contradicts the endpoint stays a tag."""
    assert (expected, left) == read_peer(tags)
