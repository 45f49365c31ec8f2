"""One HTTP request to a port on loopback, never through a proxy."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def get(url: str, timeout: float = 10.0) -> tuple[int, bytes]:
    """Return status and body of the response of *url*."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
