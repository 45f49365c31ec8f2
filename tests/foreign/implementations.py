"""The writers of spans in Python and compiled ones, side by side in one process."""

from __future__ import annotations

from typing import Final

import pytest

from jaeger_client.encoding import JaegerBinaryEncoder, JaegerCompactEncoder, otlp
from jaeger_client.encoding import otlp_writer as otlp_twin

TWIN: Final = "twin"
COMPILED: Final = "compiled"


def use(implementation: str, patch: pytest.MonkeyPatch) -> None:
    """Let all encoders use `TWIN` or `COMPILED`; skip if that is not built."""
    if implementation == TWIN:
        compact = JaegerCompactEncoder._writer
        binary = JaegerBinaryEncoder._writer
        otlp_writer = otlp_twin
    else:
        reason = "the compiled writers are not built"
        native = pytest.importorskip(
            "jaeger_client._native.thrift_writers", reason=reason
        )
        otlp_writer = pytest.importorskip(
            "jaeger_client._native.otlp_writer", reason=reason
        )
        compact, binary = native.CompactWriter(), native.BinaryWriter()
    patch.setattr(JaegerCompactEncoder, "_span_writer", compact)
    patch.setattr(JaegerBinaryEncoder, "_span_writer", binary)
    for name in ("write_spans", "write_log"):
        patch.setattr(otlp, name, getattr(otlp_writer, name))
