"""The one door to urllib3: one request, one answer, every failure a `SendError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
    from jaeger_client._internal.http_client.client import HttpClient
    from jaeger_client._internal.http_client.options import DEFAULT_TIMEOUT, HttpOptions
    from jaeger_client._internal.http_client.response import MAX_ANSWER, HttpResponse
    from jaeger_client._internal.http_client.url import HttpUrl, parse_url
else:
    # Imported when they are asked for: see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client._internal.http_client.client": "HttpClient",
            "jaeger_client._internal.http_client.options": "DEFAULT_TIMEOUT "
            "HttpOptions",
            "jaeger_client._internal.http_client.response": "MAX_ANSWER HttpResponse",
            "jaeger_client._internal.http_client.url": "HttpUrl parse_url",
        },
    )

__all__ = [
    "DEFAULT_TIMEOUT",
    "MAX_ANSWER",
    "HttpClient",
    "HttpOptions",
    "HttpResponse",
    "HttpUrl",
    "parse_url",
]
