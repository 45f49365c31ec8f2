"""Debug ids and debug states in OpenTelemetry's contexts."""

from __future__ import annotations

import logging

import pytest
from opentelemetry.context import Context, attach, detach, set_value
from opentelemetry.trace import TraceState

from jaeger_client.otel.debug import (
    DEBUG_ID_KEY,
    debug_id_of,
    is_debug,
    with_debug,
    with_debug_id,
)


def test_a_context_holds_a_debug_id() -> None:
    """It is found in the context that has it, and in no other."""
    empty = Context()
    context = with_debug_id("order 17", empty)

    assert "order 17" == debug_id_of(context)
    assert debug_id_of(empty) is None


def test_the_current_context_is_the_default() -> None:
    """Without a context, the debug id of the current one is returned."""
    assert debug_id_of(None) is None

    token = attach(with_debug_id("order 17", Context()))
    try:
        assert "order 17" == debug_id_of(None)
    finally:
        detach(token)


def test_a_debug_id_is_text() -> None:
    """Other values under the key are no debug ids."""
    assert debug_id_of(set_value(DEBUG_ID_KEY, 17, Context())) is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, False),
        ("", False),
        ("a=1", False),
        ("jaeger=other", False),
        ("a=jaeger", False),
        ("jaeger=debug", True),
        ("a=1,jaeger=debug", True),
    ],
)
def test_a_member_of_the_state_means_debug(
    state: str | None, *, expected: bool
) -> None:
    """Only `jaeger=debug` does."""
    parsed = None if state is None else TraceState.from_header([state])

    assert expected is is_debug(parsed)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", "jaeger=debug"),
        ("a=1,b=2", "jaeger=debug,a=1,b=2"),
        ("a=1,jaeger=other,b=2", "jaeger=debug,a=1,b=2"),
        ("a=1,jaeger=debug", "jaeger=debug,a=1"),
    ],
)
def test_debug_is_the_first_member(
    state: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Members of other vendors stay, in their order, without a line in the log."""
    with caplog.at_level(logging.WARNING):
        changed = with_debug(TraceState.from_header([state]))

    assert expected == changed.to_header()
    assert is_debug(changed)
    assert not caplog.records


def test_no_state_becomes_one() -> None:
    """A span context without a state gets one with debug alone."""
    assert "jaeger=debug" == with_debug(None).to_header()


def test_a_full_state_loses_its_last_member(caplog: pytest.LogCaptureFixture) -> None:
    """A state has at most 32 members."""
    full = TraceState([(f"k{number}", "v") for number in range(32)])

    changed = with_debug(full)

    assert ["jaeger", *(f"k{number}" for number in range(31))] == [*changed]
    assert not caplog.records
