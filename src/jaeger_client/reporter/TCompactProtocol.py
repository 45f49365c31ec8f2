"""
The module of the thrift library that the reporter of 4.8 imported.

Its names can be imported and patched; they cannot be used.
"""

from __future__ import annotations

from jaeger_client.errors import RemovedError

__all__ = ["TCompactProtocol", "TCompactProtocolFactory"]


class TCompactProtocol:
    """Thrift's compact protocol on a transport."""

    def __init__(self, *_: object, **__: object) -> None:
        """
        Raise an error that names the replacement.

        Raises:
            RemovedError: Always.
        """
        msg = (
            f"{type(self).__name__} needs the thrift library, which jaeger-client 5 "
            "does not use: encode spans with "
            "jaeger_client.encoding.JaegerCompactEncoder, or install thrift and import "
            "thrift.protocol.TCompactProtocol"
        )
        raise RemovedError(msg)


class TCompactProtocolFactory(TCompactProtocol):
    """Factory of these protocols."""
