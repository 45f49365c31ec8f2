"""
One request, one answer, at most one idle connection.

Guarantees: once the name is resolved, each stage of an exchange (connecting, the
TLS handshake, sending, the response) takes at most *timeout* seconds, however
slowly the bytes drip; no more than `MAX_ANSWER` bytes of a body are retained; no
redirect is followed, so credentials go nowhere else; proxies of the environment
are not consulted, only that of the options, and its credentials go to it alone; a
request is repeated only if the server closed a connection from an earlier exchange
before any byte of an answer; every failure is a `SendError` whose message names the
stage, and the URL without its credentials.

urllib3, ssl and http.client are imported at the first request: a program that
reports over UDP and does not poll needs none of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.closing import Closable
from jaeger_client._internal.fork import call_after_fork, forks_wait
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client._internal.http_client.url import HttpUrl, Origin, parse_url
from jaeger_client.constants import __version__
from jaeger_client.errors import RetryableSendError, SendError

if TYPE_CHECKING:
    import ssl

    from jaeger_client._internal.http_client.exchange import Connection, Question
    from jaeger_client._internal.http_client.response import HttpResponse


class HttpClient(Closable):
    """
    Asks servers and keeps one idle connection to the last of them.

    May be called from several threads: each exchange has its connection to
    itself, and the lock is held only to hand one over. Opens nothing before the
    first request. A forked child begins with no connection, and the parent's
    goes on as if nothing had happened.

    Raises:
        ConfigError: If a file that *options* name is not there.
    """

    def __init__(
        self,
        options: HttpOptions | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.options = HttpOptions() if options is None else options
        """What was asked for, frozen."""
        self.options.check_files()
        self._proxy = self.options.parse_proxy()
        self._clock = clock
        self._headers = _standing_headers(self.options)
        self._tls_context: ssl.SSLContext | None = None
        self._is_closed = False
        # At most one. Without a lock, which a signal handler could meet held: each of
        # the calls that change it is atomic.
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
        timeout: float | None = None,
    ) -> HttpResponse:
        """
        Ask, and return the answer, whatever its status.

        *headers* go before those of the options, *timeout* before theirs.

        Raises:
            ConfigError: If *url* is none.
            RefusedError: If nothing listens there.
            RetryableSendError: If the connection failed or no answer came in time.
            SendError: If TLS or the answer is not as it must be, or the client is
                closed.
        """
        # This is most often the background thread; see the module `fork`.
        with forks_wait():
            from jaeger_client._internal.http_client import (  # noqa: PLC0415 - see the module's docstring
                exchange,
            )

        parsed = parse_url(url)
        question = exchange.Question(
            method=method,
            url=parsed,
            body=body,
            headers=self._merge_headers(parsed, headers),
            timeout=self.options.timeout if timeout is None else timeout,
            proxy=self._proxy,
        )
        return self._ask(question)

    def after_fork_in_child(self) -> None:
        """
        Drop the parent's connections without a word to the peer.

        The fork room calls it too, so that owners need not.
        """
        for connection in self._connections:
            connection.release()
        self._idle = deque()
        self._connections = set()

    def close(self) -> None:
        """Close the idle connection; exchanges under way end by themselves."""
        self._is_closed = True
        self._limit_idle()

    def _merge_headers(
        self,
        url: HttpUrl,
        headers: Mapping[str, str] | None,
    ) -> dict[str, str]:
        merged = dict(self._headers)
        if url.authorization is not None:
            merged.setdefault("authorization", url.authorization)
        if url.zone_free_host is not None:
            merged.setdefault("host", url.zone_free_host)
        if self._proxy is not None:
            self._add_proxy_headers(merged, url, self._proxy)
        merged.update({name.lower(): text for name, text in (headers or {}).items()})
        return merged

    @staticmethod
    def _add_proxy_headers(
        headers: dict[str, str], url: HttpUrl, proxy: HttpUrl
    ) -> None:
        # http.client would name the host that it is connected to.
        with suppress(UnicodeError):  # connecting fails by it and is reported
            headers.setdefault("host", url.authority)
        if url.origin[0] == "http" and proxy.authorization is not None:
            headers["proxy-authorization"] = proxy.authorization

    def _ask(self, question: Question) -> HttpResponse:
        idle = self._take_idle(question.url.origin)
        if idle is not None:
            # A server may close an idle connection at the moment it is used
            # again. It has answered nothing then, so the request is repeated.
            try:
                return self._exchange(idle, question)
            except RetryableSendError:
                if not idle.is_stale:
                    raise
        return self._exchange(self._connect(question), question)

    def _take_idle(self, origin: Origin) -> Connection | None:
        if self._is_closed:
            msg = "the HTTP client is closed"
            raise SendError(msg)
        idle = self._pop_idle()
        if idle is None or idle.can_be_used_for(origin):
            return idle
        self._discard(idle)
        return None

    def _connect(self, question: Question) -> Connection:
        with forks_wait():
            from jaeger_client._internal.http_client import (  # noqa: PLC0415 - see the module's docstring
                exchange,
            )

        call_after_fork(self)
        origin = question.url.origin
        if origin[0] != "https":
            return exchange.Connection(origin, None, self._clock, self._proxy)
        if self._tls_context is None:
            self._tls_context = exchange.make_tls_context(self.options)
        return exchange.Connection(origin, self._tls_context, self._clock, self._proxy)

    def _exchange(self, connection: Connection, question: Question) -> HttpResponse:
        self._connections.add(connection)
        try:
            response = connection.ask(question)
        except BaseException:
            self._discard(connection)
            raise
        self._keep(connection)
        return response

    def _keep(self, connection: Connection) -> None:
        if not connection.is_open:
            self._discard(connection)
            return
        self._idle.append(connection)
        # After the append, because close() may have run just before it.
        self._limit_idle()

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


def _standing_headers(options: HttpOptions) -> dict[str, str]:
    headers = {"user-agent": f"jaeger-client-python/{__version__}"}
    headers.update({name.lower(): text for name, text in options.headers.items()})
    if options.authorization is not None:
        headers["authorization"] = options.authorization
    return headers
