"""What is sent of a request, and read of a response; pure."""

from __future__ import annotations

import dataclasses

import pytest

from jaeger_client._internal.http_client.messages import (
    HttpResponse,
    Request,
    basic_authorization,
    parse_url,
)


def respond(status: int, body: bytes = b"") -> HttpResponse:
    """Return a response."""
    request = Request("GET", parse_url("http://server"), None, {}, 5.0)
    return HttpResponse(request, status, {}, body)


@pytest.mark.parametrize(
    ("url", "host", "host_for_a_proxy"),
    [
        ("http://server", "server", "server:80"),
        ("https://server:443", "server", "server:443"),
        ("https://server:80", "server:80", "server:80"),
        ("http://[fe80::1%25eth0]:4318", "[fe80::1]:4318", "[fe80::1]:4318"),
    ],
)
def test_the_host_omits_the_port_of_the_scheme(
    url: str, host: str, host_for_a_proxy: str
) -> None:
    """Through a proxy the header `Host` has every port, as the target has."""
    direct = Request("GET", parse_url(url), None, {}, 5.0)
    proxy = parse_url("http://proxy:3128")

    assert host == direct.host
    assert host_for_a_proxy == dataclasses.replace(direct, proxy=proxy).host


def test_an_excerpt_is_one_short_printable_line() -> None:
    """Of a body, messages quote 200 characters on one line."""
    body = "a\n\r b\x1b[31m\u2028".encode() + b"\xff" + "é".encode() * 500

    excerpt = respond(500, body).excerpt

    assert "a b?[31m \ufffdéé" == excerpt[:12]
    assert 200 == len(excerpt)


@pytest.mark.parametrize(
    ("authorization", "body"),
    [
        (basic_authorization("cook", "hunter2"), "cook, hunter2 is wrong"),
        (basic_authorization("hunter", "hunter2"), "hunter has not hunter2"),
        (basic_authorization("me", "hunter2"), "Basic bWU6aHVudGVyMg== is wrong"),
        ("Basic hunter2!", "Basic hunter2! cannot be decoded"),
        ("Bearer hunter2/3", f"{'.' * 3}{' ' * 797}hunter2/3 is wrong"),
        ("", "/api/traces?token=hunter2 is not there"),
    ],
)
def test_an_excerpt_hides_the_credentials_of_the_request(
    authorization: str, body: str
) -> None:
    """As they were sent, and as the server has decoded them."""
    headers = {"authorization": authorization}
    request = Request("GET", parse_url("http://server"), None, headers, 5.0)
    response = HttpResponse(request, 401, {}, body.encode())

    assert "hunter" not in response.excerpt
    assert "hunter" not in repr(response)


@pytest.mark.parametrize(
    ("status", "is_success"),
    [(199, False), (200, True), (202, True), (299, True), (302, False), (503, False)],
)
def test_success_is_200_to_299(status: int, is_success: bool) -> None:
    """Only a status of the 200s is a success; a redirect is none."""
    assert is_success is respond(status).is_success
