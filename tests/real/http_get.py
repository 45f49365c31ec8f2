"""One question over HTTP to a port on loopback; a proxy is never asked."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def get(url: str, timeout: float = 10.0) -> tuple[int, bytes]:
    """Return status and body of what *url* answers."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
