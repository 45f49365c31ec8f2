"""The agent's HTTP questions: how to sample, and how many debug spans to allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.closing import Closable
from jaeger_client._internal.http_client import (
    MAX_ANSWER,
    HttpClient,
    HttpOptions,
    parse_url,
)
from jaeger_client._internal.limits import MAX_SECONDS, above_zero
from jaeger_client.errors import SendError

DEFAULT_TIMEOUT: Final = 2.0
"""Seconds to connect to the agent, and again to be answered."""

_OK: Final = 200


class AgentClient(Closable):
    """
    Asks the agent at *host*:*port*, or for strategies at *url* if it is given.

    May be called from several threads. Opens nothing before the first question.
    Returns bodies as they came: reading them is the asker's business.

    Raises:
        ConfigError: If *url*, *timeout* or *options* cannot be used.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 5778,
        *,
        url: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        options: HttpOptions | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        base = f"http://{_bracketed(host)}:{port}"
        self._sampling_url = f"{base}/sampling" if url is None else url
        self._credits_url = f"{base}/credits"
        self._shown_url = str(parse_url(self._sampling_url, key="sampling endpoint"))
        options = (options or HttpOptions()).but(timeout=timeout)
        self._client = HttpClient(options, clock=clock)

    def __repr__(self) -> str:
        return f"<AgentClient of {self._shown_url} by {self._client!r}>"

    def request_sampling_strategy(
        self,
        service_name: str,
        timeout: float | None = None,
    ) -> bytes:
        """
        Return the answer to how *service_name* is to be sampled.

        Raises:
            SendError: If there is none, or its status is not 200.
        """
        return self._ask(self._sampling_url, [("service", service_name)], timeout)

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: Iterable[str],
        timeout: float | None = None,
    ) -> bytes:
        """
        Return the answer to how many debug spans *operations* may begin.

        Raises:
            SendError: If there is none, or its status is not 200.
        """
        query = [("service", service_name), ("uuid", client_id)]
        query += [("operations", operation) for operation in operations]
        return self._ask(self._credits_url, query, timeout)

    def after_fork_in_child(self) -> None:
        """Forget the parent's connection without a word to the agent."""
        self._client.after_fork_in_child()

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._client.close()

    def _ask(
        self,
        url: str,
        query: list[tuple[str, str]],
        timeout: float | None,
    ) -> bytes:
        if timeout is not None:
            timeout = above_zero("timeout", timeout, most=MAX_SECONDS)
        asked = _with_query(url, query)
        response = self._client.request("GET", asked, timeout=timeout)
        msg = f"GET {parse_url(asked)} was answered {response.status}"
        if response.status != _OK:
            msg = f"{msg}: {response.excerpt}"
            raise SendError(msg)
        if response.is_truncated:
            msg = f"{msg} and more than {MAX_ANSWER} bytes"
            raise SendError(msg)
        return response.body


def _with_query(url: str, query: list[tuple[str, str]]) -> str:
    # Names of services and operations are text of any kind, lone surrogates
    # too, which UTF-8 refuses.
    added = urlencode(query, errors="replace")
    base, _, _fragment = url.partition("#")
    separator = "&" if "?" in base else "?"
    return f"{base}{separator}{added}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
