"""The error of a span, from its tags and logs."""

from __future__ import annotations

import pytest

from jaeger_client.cli.demo.backend import error_of


@pytest.mark.parametrize("value", [False, "false", None])
def test_a_span_without_the_tag_error_has_no_error(value: object) -> None:
    """Logs alone are not an error, which may have been handled."""
    logs = [{"event": "error", "message": "once"}]

    assert error_of({"error": value}, logs) is None
    assert error_of({}, logs) is None


def test_an_error_is_kind_and_message_of_its_log() -> None:
    """The module of the exception type is omitted."""
    logs = [
        {"event": "retry"},
        {
            "event": "error",
            "error.kind": "<class 'shop.errors.SoldOutError'>",
            "message": "no bread left",
        },
    ]

    assert "SoldOutError: no bread left" == error_of({"error": True}, logs)


def test_an_error_log_without_a_kind_is_its_message() -> None:
    """`span.log_kv({"event": "error", "message": ...})` is sufficient."""
    logs = [{"event": "error", "message": "no bread left"}]

    assert "no bread left" == error_of({"error": "true"}, logs)


def test_an_error_without_a_log_is_the_status() -> None:
    """The error of a response 503 without an exception is its status."""
    assert "status 503" == error_of({"error": True, "http.status_code": 503}, [])
    assert "error" == error_of({"error": True}, [])
