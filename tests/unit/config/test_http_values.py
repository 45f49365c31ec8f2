"""Readers of URLs, headers, tokens and files."""

from __future__ import annotations

import pytest

from jaeger_client.config import http_values
from jaeger_client.config.values import Reader


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("http://jaeger:14268/api/traces", "http://jaeger:14268/api/traces"),
        ("https://jaeger/v1/traces?a=b", "https://jaeger/v1/traces?a=b"),
        ("jaeger:14268", "http://jaeger:14268/path"),
        ("http://jaeger:14268/", "http://jaeger:14268/path"),
        ("[::1]:80/x", "http://[::1]:80/x"),
    ],
)
def test_a_url_may_lack_its_scheme_and_its_path(raw: str, url: str) -> None:
    """`host:port` is an http URL with the default path."""
    assert url == http_values.url("/path")(raw)


@pytest.mark.parametrize("raw", ["ftp://jaeger", "http://", "", None, "http://[x"])
def test_an_invalid_url_is_an_error(raw: object) -> None:
    """Only http and https are supported."""
    with pytest.raises(ValueError, match=r"must be|IPv6"):
        http_values.url("/path")(raw)


def test_a_url_with_an_invalid_port_is_an_error() -> None:
    """The port is checked at the start, not when the first span is sent."""
    with pytest.raises(ValueError, match="the port must be"):
        http_values.url("/path")("http://jaeger:99999")


@pytest.mark.parametrize(
    "raw",
    [
        "not a url",
        "http://a\tb",
        "http://a\nb/x",
        "http://a\x01b",
        "http://a%20b",
        "http://host%25eth0",
    ],
)
def test_an_invalid_host_is_an_error_of_the_setting(raw: str) -> None:
    """The reader rejects what the HTTP client would reject later."""
    with pytest.raises(ValueError, match=f"^must be {http_values.endpoint.expected}$"):
        http_values.endpoint(raw)


def test_a_url_with_port_0_is_an_error() -> None:
    """No server can be reached on port 0."""
    with pytest.raises(ValueError, match="port must be a whole number from 1"):
        http_values.endpoint("http://jaeger:0")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("http://me:hunter2/b@host", id="a slash in the password"),
        pytest.param("http://me:hunter2?b@host", id="a question mark in it"),
        pytest.param("http://me:hunter2\u2100@host", id="a letter that stands for a/c"),
        pytest.param("me:hunter2", id="no host"),
    ],
)
def test_the_error_of_a_url_quotes_no_part_of_it(raw: str) -> None:
    """Messages of urllib may quote a part of the password."""
    with pytest.raises(ValueError, match=r"must be") as caught:
        http_values.url("/path")(raw)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("raw", ["http:/jaeger:14268", "https:/me:hunter2@jaeger/"])
def test_a_url_that_lacks_a_slash_is_an_error(raw: str) -> None:
    """The scheme is not mistaken for a host name."""
    with pytest.raises(ValueError, match="must be an http"):
        http_values.url("/path")(raw)


@pytest.mark.parametrize(
    ("reader", "raw"),
    [
        (http_values.url("/"), "ftp://x"),
        (http_values.proxy, "https://x"),
        (http_values.proxy, "http://x/path"),
        (http_values.endpoint, "ftp://x"),
        (http_values.token, "a\nb"),
        (http_values.readable_file, "missing.pem"),
        (http_values.readable_file, "null\0byte"),
    ],
)
def test_errors_use_the_text_of_the_reference_page(
    reader: Reader[object], raw: object
) -> None:
    """The message contains the description on the reference page."""
    with pytest.raises(ValueError, match="must be") as caught:
        reader(raw)

    assert f"must be {reader.expected}" == str(caught.value)


def test_headers_are_checked_before_they_are_sent() -> None:
    """The message contains the name of an invalid header, not its value."""
    assert {"api-key": "a b"} == http_values.quoted_headers("api-key=a%20b")
    with pytest.raises(ValueError, match="the value of 'api-key'") as caught:
        http_values.headers({"api-key": "hunter2\n"})

    assert "hunter2" not in str(caught.value)
