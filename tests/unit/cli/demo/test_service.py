"""The common part of the demo's services."""

from __future__ import annotations

import pytest

from jaeger_client.cli.demo.service import start_tracer


def test_a_second_tracer_in_one_process_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`start_tracer` raises, because `initialize_tracer` returns None."""
    monkeypatch.setattr("jaeger_client.config.Config._initialized", True)

    with pytest.raises(RuntimeError, match="has a tracer already"):
        start_tracer("frontend")
