"""The writers of spans in Python and compiled ones, side by side in one process."""

from __future__ import annotations

from typing import Final

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    otlp_writer,
)

TWIN: Final = "twin"
COMPILED: Final = "compiled"


def use(implementation: str, patch: pytest.MonkeyPatch) -> None:
    """Let all encoders use `TWIN` or `COMPILED`; skip if that is not built."""
    compact = binary = otlp = None
    if implementation == COMPILED:
        native = pytest.importorskip(
            "jaeger_client._native.writers",
            reason="the compiled writers are not built",
        )
        compact = native.CompactWriter(JaegerCompactEncoder._writer)
        binary = native.BinaryWriter(JaegerBinaryEncoder._writer)
        otlp = native.OtlpWriter(otlp_writer)
    patch.setattr(JaegerCompactEncoder, "_span_writer", compact)
    patch.setattr(JaegerBinaryEncoder, "_span_writer", binary)
    patch.setattr(OtlpEncoder, "_span_writer", otlp)
