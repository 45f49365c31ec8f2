"""The hook for urllib.request."""

from __future__ import annotations

import urllib.request
from types import SimpleNamespace
from urllib.error import HTTPError, URLError

import pytest

from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    Received,
    names_of,
    tags_of,
)
from tests.unit.spans import Anything


def test_a_request_has_a_span_and_carries_it(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """Also with an opener of the application's own, which 3.3.1 did not trace."""
    install("urllib2")
    install("urllib")

    with tracer.start_active_span("root"):
        urllib.request.urlopen(f"{url}/a").close()
        urllib.request.build_opener().open(f"{url}/b").close()

    assert ["GET", "GET", "root"] == names_of(tracer)
    assert ["1:2:1:1", "1:3:1:1"] == [
        headers["uber-trace-id"] for *_, headers in received
    ]


def test_each_redirect_has_a_span(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """The header of the first request is replaced."""
    install("urllib2")

    urllib.request.urlopen(f"{url}/status/302").close()

    assert [302, 200] == [tags_of(span)["http.status_code"] for span in tracer.spans]
    assert ["1:1:0:1", "2:2:0:1"] == [
        headers["uber-trace-id"] for *_, headers in received
    ]


def test_errors_are_raised_as_without_the_hook(
    tracer: MemoryTracer, install: Install, url: str
) -> None:
    """A response of 404 is no error of the span; a refused connection is."""
    install("urllib2")

    with pytest.raises(HTTPError) as raised:
        urllib.request.urlopen(f"{url}/status/404")
    raised.value.close()
    with pytest.raises(URLError):
        urllib.request.urlopen("http://127.0.0.1:1/")

    assert [404, None] == [
        tags_of(span).get("http.status_code") for span in tracer.spans
    ]
    assert [None, True] == [tags_of(span).get("error") for span in tracer.spans]


class Cake(urllib.request.HTTPHandler):
    """A handler that does not return an `HTTPResponse`."""

    def http_open(self, req: urllib.request.Request) -> Anything:
        """Return a response without a status."""
        connection: Anything = Oven
        return self.do_open(connection, req)


class Oven:
    """A connection without a server."""

    sock = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def getresponse(self) -> SimpleNamespace:
        """Return a response without a status."""
        return SimpleNamespace(reason="OK", code=200, msg="", info=dict)

    def request(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def set_debuglevel(self, _: int) -> None:
        """Do nothing."""


def test_a_response_without_a_status_has_no_tag(
    tracer: MemoryTracer, install: Install
) -> None:
    """The caller has it as it is."""
    install("urllib2")

    urllib.request.build_opener(Cake).open("http://bakery/")

    assert "http.status_code" not in tags_of(tracer.spans[0])


def test_a_fault_of_the_hook_does_not_prevent_the_request(
    tracer: MemoryTracer, install: Install, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is sent without a span."""
    monkeypatch.setattr(install("urllib2"), "before_http_request", None)

    urllib.request.urlopen(url).close()

    assert [] == tracer.spans
