"""Starts the span of a received HTTP request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import opentracing
from opentracing.ext import tags
from opentracing.propagation import Format

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy._requests import first_header
from jaeger_client.instrumentation.legacy.config import CONFIG

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "AbstractRequestWrapper",
    "TornadoRequestWrapper",
    "WSGIRequestWrapper",
    "before_request",
]

_NOT_EXTRACTED = RateLimitedWarning(
    "the trace context of a request cannot be extracted (%r); its span starts a trace"
)

_DEFAULT_PORTS = {"http": "80", "https": "443"}


class AbstractRequestWrapper:
    """What `before_request` reads of a request; subclasses define the properties."""

    @property
    def caller_name(self) -> str | None:
        """Name of the calling service, from a header of `CONFIG`."""
        return first_header(self.headers, CONFIG.caller_name_headers)

    @property
    def full_url(self) -> str:
        """The URL of the request."""
        raise NotImplementedError("full_url")  # noqa: EM101 - the name is the message

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request."""
        raise NotImplementedError("headers")  # noqa: EM101 - the name is the message

    @property
    def method(self) -> str | None:
        """The method of the request."""
        raise NotImplementedError("method")  # noqa: EM101 - the name is the message

    @property
    def remote_ip(self) -> str | None:
        """The address of the client."""
        raise NotImplementedError("remote_ip")  # noqa: EM101 - the name is the message

    @property
    def remote_port(self) -> str | int | None:
        """The port of the client, if known."""
        return None

    @property
    def server_port(self) -> str | int | None:
        """The port of the server, if known."""
        return None

    @property
    def operation(self) -> str | None:
        """Name of the span."""
        return self.method


class WSGIRequestWrapper(AbstractRequestWrapper):
    """
    A request to a WSGI application.

    Args:
        wsgi_environ: The environment of the request.
        headers: Its headers, with names in lower case.
    """

    def __init__(
        self, wsgi_environ: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        self.wsgi_environ = wsgi_environ
        self._headers = headers

    @classmethod
    def from_wsgi_environ(cls, wsgi_environ: Mapping[str, object]) -> Self:
        """Return a wrapper with the headers that *wsgi_environ* contains."""
        return cls(wsgi_environ, cls._parse_wsgi_headers(wsgi_environ))

    @staticmethod
    def _parse_wsgi_headers(wsgi_environ: Mapping[str, object]) -> dict[str, str]:
        return {
            key[len("HTTP_") :].replace("_", "-").lower(): str(value)
            for key, value in wsgi_environ.items()
            if key.startswith("HTTP_")
        }

    @property
    def full_url(self) -> str:
        """The URL, reconstructed as PEP 3333 describes ("URL Reconstruction")."""
        environ = self.wsgi_environ
        scheme = str(environ.get("wsgi.url_scheme", "http"))
        host = environ.get("HTTP_HOST")
        if not host:
            host, port = environ.get("SERVER_NAME", ""), self.server_port
            if port and port != _DEFAULT_PORTS.get(scheme):
                host = f"{host}:{port}"
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        query = environ.get("QUERY_STRING")
        # Each character of these values is a byte (PEP 3333, "Unicode Issues").
        url = f"{scheme}://{host}{quote(path, encoding='latin-1', errors='replace')}"
        return f"{url}?{query}" if query else url

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, with names in lower case."""
        return self._headers

    @property
    def method(self) -> str | None:
        """The method of the request."""
        return self._text("REQUEST_METHOD")

    @property
    def remote_ip(self) -> str | None:
        """The address of the client, or of a proxy."""
        return self._text("REMOTE_ADDR")

    @property
    def remote_port(self) -> str | None:
        """The port of the client, if the server knows it."""
        return self._text("REMOTE_PORT")

    @property
    def server_port(self) -> str | None:
        """The port of the server."""
        return self._text("SERVER_PORT")

    def _text(self, key: str) -> str | None:
        value = self.wsgi_environ.get(key)
        return None if value is None else str(value)


class TornadoRequestWrapper(AbstractRequestWrapper):
    """
    A request to a Tornado server.

    Args:
        request: A `tornado.httputil.HTTPServerRequest`.
    """

    def __init__(self, request: TornadoRequest) -> None:
        self.request = request

    @property
    def full_url(self) -> str:
        """The URL of the request."""
        return self.request.full_url()

    @property
    def headers(self) -> Mapping[str, str]:
        """Tornado's headers, which ignore the case of names."""
        return self.request.headers

    @property
    def method(self) -> str | None:
        """The method of the request."""
        return self.request.method

    @property
    def remote_ip(self) -> str | None:
        """The address of the client."""
        return self.request.remote_ip


if TYPE_CHECKING:
    from typing import Protocol

    class TornadoRequest(Protocol):
        @property
        def method(self) -> str | None: ...

        @property
        def remote_ip(self) -> str | None: ...

        @property
        def headers(self) -> Mapping[str, str]: ...

        def full_url(self) -> str: ...


def before_request(
    request: AbstractRequestWrapper, tracer: opentracing.Tracer | None = None
) -> opentracing.Span:
    """
    Start the server span of *request*, which continues the trace of its headers.

    The caller makes the span active, by `span_in_context`, and finishes it.

    Args:
        request: The request.
        tracer: Creates the span; by default OpenTracing's global tracer.
    """
    tracer = tracer or opentracing.tracer
    try:
        context = tracer.extract(Format.HTTP_HEADERS, dict(request.headers.items()))
    except Exception as error:  # noqa: BLE001 - an unusable header is not the caller's fault
        _NOT_EXTRACTED.warn(error)
        context = None
    start_tags: dict[str, object] = {
        tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER,
        tags.HTTP_URL: request.full_url,
        tags.HTTP_METHOD: request.method,
    }
    peer = {
        tags.PEER_HOST_IPV4: request.remote_ip,
        tags.PEER_SERVICE: request.caller_name,
        tags.PEER_PORT: request.remote_port,
    }
    start_tags.update({key: value for key, value in peer.items() if value})
    return tracer.start_span(
        operation_name=request.operation, child_of=context, tags=start_tags
    )
