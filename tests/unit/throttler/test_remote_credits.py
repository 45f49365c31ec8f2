"""Responses with credits, read into balances."""

from __future__ import annotations

import json

import pytest

from jaeger_client.errors import CreditsError, ResponseError
from jaeger_client.throttler import Balance, parse_credits

GARBAGE: list[object] = [
    [],
    5,
    None,
    {"balances": 5},
    {"balances": {"a": 1}},
    {"balances": "many"},
    {"balances": [None]},
    {"balances": [{}]},
    {"balances": [{"operation": "a"}]},
    {"balances": [{"operation": 5, "balance": 1}]},
    {"balances": [{"operation": "a", "balance": "1"}]},
    {"balances": [{"operation": "a", "balance": True}]},
    {"balances": [{"operation": "a", "balance": -1}]},
    {"balances": [{"operation": "a", "balance": float("nan")}]},
    {"balances": [{"operation": "a", "balance": float("inf")}]},
    {"balances": [{"operation": "a", "balance": 10**400}]},
]


def test_balances_are_read() -> None:
    """Each balance has an operation and credits."""
    listed = [
        {"operation": "a", "balance": 2.5},
        {"operation": "b", "balance": 0},
    ]

    body = json.dumps({"balances": listed}).encode()

    assert (Balance("a", 2.5), Balance("b", 0)) == parse_credits(body)


@pytest.mark.parametrize("body", [b'{"balances": []}', b'{"balances": null}'])
def test_no_balances_are_no_error(body: bytes) -> None:
    """An empty list, which servers in Go write as null, brings no credits."""
    assert () == parse_credits(body)


@pytest.mark.parametrize("body", [b"{}", b'{"strategyType": "PROBABILISTIC"}'])
def test_a_server_without_credits_is_recognized(body: bytes) -> None:
    """An object without balances, the response of Jaeger 2, gives None."""
    assert parse_credits(body) is None


@pytest.mark.parametrize("response", GARBAGE, ids=repr)
def test_invalid_balances_raise_our_error(response: object) -> None:
    """Anything else raises CreditsError."""
    with pytest.raises(CreditsError) as raised:
        parse_credits(json.dumps(response))

    assert isinstance(raised.value, ResponseError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\xfa", b"[" * 200_000, b"9" * 5000, None, {}],
    ids=["empty", "cut", "no-text", "nested", "digits", "none", "dict"],
)
def test_a_body_that_is_not_json_raises_our_error(body: object) -> None:
    """Extreme nesting and other types raise it, too."""
    with pytest.raises(CreditsError):
        parse_credits(body)
