"""
Names of the thrift library that the reporter of 4.8 imported.

They can be imported and patched. Calling them raises `RemovedError`.
"""

from __future__ import annotations

from jaeger_client.errors import RemovedError

__all__ = ["TCompactProtocol", "TCompactProtocolFactory"]


class TCompactProtocol:
    """The compact protocol of the thrift library; cannot be used."""

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
    """The factory of that protocol; cannot be used."""
