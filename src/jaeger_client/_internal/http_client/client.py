"""
The HTTP client: one request, one response, at most one idle connection.

Guarantees:

- Once the name is resolved, each stage of an exchange (connecting, the TLS handshake,
  sending, the response) takes at most *timeout* seconds, however slowly the bytes
  arrive.
- No more than `MAX_BODY` bytes of a body are retained.
- Redirects are not followed, so credentials are sent to the configured server only.
- Only the proxy of the options is used, none of the environment; its credentials are
  sent to the proxy only.
- A request is repeated only if the server closed a connection from an earlier exchange
  before any byte of a response.
- Every failure is a `SendError` whose message names the stage, and the URL without its
  credentials.

urllib3, ssl and http.client are imported at the first request: a program that reports
over UDP and does not poll needs none of them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.fork import call_after_fork, forks_wait
from jaeger_client._internal.http_client.messages import (
    HttpResponse,
    HttpUrl,
    Origin,
    Request,
    parse_url,
    with_query,
)
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.constants import __version__
from jaeger_client.errors import RetryableSendError, SendError

if TYPE_CHECKING:
    import ssl

    from jaeger_client._internal.http_client.connection import Connection


class HttpClient(AbstractContextManager["HttpClient"]):
    """
    Sends requests, and keeps one idle connection to the last server open.

    May be called from several threads at once, which then use a connection each. Opens
    nothing before the first request. A forked child starts without a connection, and
    that of the parent is not affected.

    Raises:
        ConfigError: If a file that *options* name cannot be read.
    """

    def __init__(
        self,
        options: HttpOptions | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.options = HttpOptions() if options is None else options
        self.options.check_files()
        self._proxy = self.options.parse_proxy()
        self._clock = clock
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False
        # At most one. Without a lock, which a signal handler could find held: each call
        # that changes the deque or the set is atomic (see `signal_safe`).
        self._idle: deque[Connection] = deque()
        self._connections: set[Connection] = set()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self._connections)} connected"
        return f"<HttpClient {state}>"

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        timeout: float | None = None,
        total_timeout: float = math.inf,
    ) -> HttpResponse:
        """
        Send a request and return the response, whatever its status.

        *query* is appended to *url*. *headers* and *timeout* take precedence over the
        options. Once the name is resolved, all stages together take *total_timeout*
        seconds at most.

        Raises:
            ConfigError: If *url* is not valid.
            RefusedError: If nothing listens there.
            RetryableSendError: If the connection failed or timed out.
            SendError: If TLS or the response violates its protocol, or the client is
                closed.
        """
        parsed = parse_url(with_query(url, query) if query else url)
        timeout = self.options.timeout if timeout is None else timeout
        request = Request(
            method=method,
            url=parsed,
            body=body,
            headers=self._merge_headers(parsed, headers or {}),
            timeout=min(timeout, total_timeout),
            proxy=self._proxy,
            deadline=self._clock.monotonic() + total_timeout,
        )
        idle = self._take_idle(parsed.origin)
        if idle is not None:
            # A server may close an idle connection just when it is used again. Then it
            # has not handled the request, which is therefore repeated.
            try:
                return self._exchange(idle, request)
            except RetryableSendError:
                if not idle.is_stale:
                    raise
        return self._exchange(self._new_connection(parsed.origin), request)

    def after_fork_in_child(self) -> None:
        """
        Drop the parent's connections without notifying the server.

        The client registers itself with `fork`; callers need not call this.
        """
        for connection in self._connections:
            connection.release()
        self._idle = deque()
        self._connections = set()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connection; exchanges in progress are completed."""
        self._is_closed = True
        self._limit_idle()

    def _merge_headers(
        self, url: HttpUrl, headers: Mapping[str, str]
    ) -> dict[str, str]:
        options, proxy = self.options, self._proxy
        merged = {"user-agent": f"jaeger-client-python/{__version__}"}
        if url.authorization is not None:
            merged["authorization"] = url.authorization
        merged |= {name.lower(): text for name, text in options.headers.items()}
        if options.authorization is not None:
            merged["authorization"] = options.authorization
        if proxy is not None and proxy.authorization and url.scheme == "http":
            merged["proxy-authorization"] = proxy.authorization
        return merged | {name.lower(): text for name, text in headers.items()}

    def _take_idle(self, origin: Origin) -> Connection | None:
        if self._is_closed:
            msg = "the HTTP client is closed"
            raise SendError(msg)
        idle = self._pop_idle()
        if idle is None or idle.can_be_used_for(origin):
            return idle
        self._discard(idle)
        return None

    def _new_connection(self, origin: Origin) -> Connection:
        # Other threads may fork; see the module `fork`.
        with forks_wait():
            from jaeger_client._internal.http_client import (  # noqa: PLC0415 - see the module's docstring
                connection,
            )

        call_after_fork(self)
        if origin[0] == "https" and self._tls is None:
            self._tls = connection.make_tls_context(self.options)
        tls = self._tls if origin[0] == "https" else None
        return connection.Connection(origin, self._clock, tls, self._proxy)

    def _exchange(self, connection: Connection, request: Request) -> HttpResponse:
        self._connections.add(connection)
        try:
            response = connection.exchange(request)
        except BaseException:
            self._discard(connection)
            raise
        if connection.is_open:
            self._idle.append(connection)
            # After the append, because close() may have run just before that.
            self._limit_idle()
        else:
            self._discard(connection)
        return response

    def _limit_idle(self) -> None:
        while len(self._idle) > (0 if self._is_closed else 1):
            if (idle := self._pop_idle()) is not None:
                self._discard(idle)

    def _pop_idle(self) -> Connection | None:
        try:
            return self._idle.popleft()
        except IndexError:
            return None

    def _discard(self, connection: Connection) -> None:
        self._connections.discard(connection)
        connection.close()
