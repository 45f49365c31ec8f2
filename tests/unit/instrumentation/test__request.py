"""What a span shows of a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.instrumentation._request import (
    default_name,
    encoded_path,
    name_of_route,
    url_of,
)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("bakery.example:8000", "bakery.example:8000"),
        ("[::1]:80", "[::1]:80"),
        ("me:secret@bakery.example", "bakery.example"),
        ("a@b@bakery.example", "bakery.example"),
        ("a\r\nb", "a%0D%0Ab"),
        ("", ""),
    ],
)
def test_host(host: str, shown: str) -> None:
    """It has no credentials and nothing that breaks lines."""
    assert f"http://{shown}/" == url_of("http", host, "/")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://me:secret@bakery.example/cakes", "/cakes"),
        ("http://me:secret@bakery.example", ""),
        ("/http://bakery.example/cakes", "/http://bakery.example/cakes"),
        ("*", "*"),
    ],
)
def test_target_that_is_a_url(target: str, path: str) -> None:
    """Credentials in what a client sends to a proxy are not shown."""
    assert f"http://a{path}" == url_of("http", "a", target)


def test_query() -> None:
    """Values of parameters that look like secrets are hidden."""
    url = url_of("http", "a", "/", "q=1&password=tiger&api_key=7")

    assert "q=1" in url
    assert "tiger" not in url
    assert "7" not in url


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/café", "/caf%C3%A9"),
        ("/caf\u00e9".encode("latin-1"), "/caf%E9"),
        ("/100%", "/100%25"),
        ("/a b?c#d", "/a%20b%3Fc%23d"),
        ("/\udcff", "/%3F"),
    ],
)
def test_path(path: str | bytes, encoded: str) -> None:
    """It is encoded as in a request."""
    assert encoded == encoded_path(path)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text(scheme: str, host: str, path: str, query: str) -> None:
    """A URL is printable ASCII, whatever it is made of."""
    url = url_of(scheme, host, encoded_path(path), query)

    assert url.isascii()
    assert url.isprintable()


def test_length() -> None:
    """It is bounded."""
    long = "x" * 1_000_000

    assert len(url_of(long, long, encoded_path(long), long)) < 10_000


def test_names() -> None:
    """Only known methods are part of names."""
    assert "GET /cakes/{number}" == name_of_route("GET", "/cakes/{number}")
    assert "HTTP /cakes" == name_of_route("BREW", "/cakes")
    assert name_of_route("GET", None) is None
    assert ("PATCH", "HTTP") == (default_name("PATCH"), default_name("patch"))
