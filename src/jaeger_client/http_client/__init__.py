"""The one door to urllib3: one request, one answer, every failure a `SendError`."""

from __future__ import annotations

from jaeger_client.http_client.client import HttpClient
from jaeger_client.http_client.options import DEFAULT_TIMEOUT, HttpOptions
from jaeger_client.http_client.response import MAX_ANSWER, HttpResponse
from jaeger_client.http_client.url import HttpUrl, parse_url

__all__ = [
    "DEFAULT_TIMEOUT",
    "MAX_ANSWER",
    "HttpClient",
    "HttpOptions",
    "HttpResponse",
    "HttpUrl",
    "parse_url",
]
