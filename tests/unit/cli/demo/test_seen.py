"""How spans are put in order, and what is said of their errors."""

from __future__ import annotations

import pytest

from jaeger_client.cli.demo.seen import arrange, error_of
from tests.unit.cli.demo.spans import seen


def test_parents_come_before_children_and_siblings_by_their_start() -> None:
    """The order is that of a tree, whatever order the spans arrived in."""
    spans = [
        seen("late", "root", start=50),
        seen("leaf", "early", start=60),
        seen("early", "root", start=10),
        seen("root"),
    ]

    names = [placed.span.operation for placed in arrange(spans)]

    assert ["root", "early", "leaf", "late"] == names


def test_each_span_knows_which_of_its_ancestors_have_siblings_below() -> None:
    """That is what the lines at its left are drawn by."""
    spans = [
        seen("root"),
        seen("early", "root", start=1),
        seen("leaf", "early", start=2),
        seen("late", "root", start=3),
    ]

    follow = [placed.ancestors_follow for placed in arrange(spans)]

    assert [(), (True,), (True, False), (False,)] == follow


def test_a_span_whose_parent_was_not_seen_stands_beside_the_root() -> None:
    """A lost parent does not hide its children."""
    placed = list(arrange([seen("root"), seen("orphan", "lost", start=5)]))

    assert ["root", "orphan"] == [one.span.operation for one in placed]
    assert [(), ()] == [one.ancestors_follow for one in placed]


@pytest.mark.parametrize("value", [False, "false", None])
def test_a_span_without_the_tag_error_has_none(value: object) -> None:
    """Whatever its logs say, for an error may have been mended."""
    logs = [{"event": "error", "message": "once"}]

    assert error_of({"error": value}, logs) is None
    assert error_of({}, logs) is None


def test_an_error_is_told_by_the_kind_and_message_of_its_log() -> None:
    """The module of the kind is left out."""
    logs = [
        {"event": "retry"},
        {
            "event": "error",
            "error.kind": "<class 'shop.errors.SoldOutError'>",
            "message": "no bread left",
        },
    ]

    assert "SoldOutError: no bread left" == error_of({"error": True}, logs)


def test_an_error_log_without_a_kind_is_told_by_its_message() -> None:
    """`span.log_kv({"event": "error", "message": ...})` suffices."""
    logs = [{"event": "error", "message": "no bread left"}]

    assert "no bread left" == error_of({"error": "true"}, logs)


def test_an_error_without_a_log_is_told_by_the_status() -> None:
    """A server that answers 503 has raised nothing."""
    assert "answered 503" == error_of({"error": True, "http.status_code": 503}, [])
    assert "error" == error_of({"error": True}, [])
