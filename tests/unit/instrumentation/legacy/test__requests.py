"""Wrappers of requests."""

from __future__ import annotations

import pytest

from jaeger_client.instrumentation.legacy._requests import (
    AbstractRequestWrapper,
    URLRequestWrapper,
    first_header,
    split_host_and_port,
)
from jaeger_client.instrumentation.legacy.config import CONFIG
from tests.unit.spans import Anything


@pytest.mark.parametrize(
    ("text", "scheme", "expected"),
    [
        ("bakery:81", "http", ("bakery", 81)),
        ("bakery", "http", ("bakery", 80)),
        ("bakery", "https", ("bakery", 443)),
        ("bakery:x", "http", ("bakery:x", 80)),
        ("[::1]:9", "http", ("[::1]", 9)),
        ("", "https", ("", 443)),
    ],
)
def test_host_and_port(text: str, scheme: str, expected: tuple[str, int]) -> None:
    """The scheme provides the default port."""
    assert expected == split_host_and_port(text, scheme)


def test_a_wrapper_defines_the_method_and_the_url() -> None:
    """The rest has defaults."""
    request = AbstractRequestWrapper()

    assert (None, None) == request.host_port
    assert request.service_name is None
    for missing in (
        lambda: request.method,
        lambda: request.operation,
        lambda: request.full_url,
        lambda: request.add_header("a", "b"),
    ):
        with pytest.raises(NotImplementedError):
            missing()


class Prepared:
    """A request as libraries have them."""

    method = "GET"
    url = "https://bakery/cake"

    def __init__(self) -> None:
        self.headers = {"X-Callee": "oven"}


def test_a_request_with_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and port are those of the URL; headers are set on the request."""
    monkeypatch.setattr(CONFIG, "callee_name_headers", ["X-Callee"])
    request: Anything = Prepared()
    wrapper = URLRequestWrapper(request)
    wrapper.add_header("uber-trace-id", "1:2:0:1")

    assert ("bakery", 443) == wrapper.host_port
    assert ("GET", "https://bakery/cake") == (wrapper.operation, wrapper.full_url)
    assert "oven" == wrapper.service_name
    assert {"X-Callee": "oven", "uber-trace-id": "1:2:0:1"} == request.headers


def test_the_first_name_that_is_there_counts() -> None:
    """The order is that of the names, not of the headers."""
    headers = {"b": "2", "A": "1"}

    assert "1" == first_header(headers, ["x", "a", "B"])
    assert first_header(headers, ["x"]) is None
