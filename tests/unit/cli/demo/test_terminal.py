"""The capabilities of a terminal, and text for it."""

from __future__ import annotations

import io

import pytest

from jaeger_client.cli.demo.terminal import ASCII, UNICODE, terminal_of
from tests.unit.cli.demo.spans import terminal


class FakeTerminal(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def stream(encoding: str = "utf-8") -> FakeTerminal:
    """Return a terminal with an encoding."""
    return FakeTerminal(io.BytesIO(), encoding=encoding)


def test_a_terminal_has_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours are on by default."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    assert terminal_of(stream()).has_colour


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_turned_off(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    """`NO_COLOR` and terminals without colours turn it off."""
    monkeypatch.setenv(name, value)

    assert not terminal_of(stream()).has_colour


def test_a_file_gets_no_colour() -> None:
    """Redirected output contains plain text only."""
    assert not terminal_of(io.StringIO()).has_colour


def test_the_encoding_selects_the_characters() -> None:
    """Lines and bars need Unicode; other encodings get ASCII."""
    assert UNICODE is terminal_of(stream("utf-8")).symbols
    assert ASCII is terminal_of(stream("latin-1")).symbols
    assert ASCII is terminal_of(io.StringIO()).symbols


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """`COLUMNS` overrides it."""
    monkeypatch.setenv("COLUMNS", "71")

    assert 71 == terminal_of(io.StringIO()).width


def test_text_is_cut_to_one_line() -> None:
    """Line breaks become blanks; an ellipsis marks a cut."""
    shown = terminal()

    assert "a b" == shown.cut("a\n  b", 10)
    assert "abc…" == shown.cut("abcdefgh", 4)


def test_empty_text_gets_no_colour_codes() -> None:
    """Empty text stays empty."""
    assert "" == terminal(has_colour=True).dim("")
    assert "\x1b[2mx\x1b[0m" == terminal(has_colour=True).dim("x")
    assert "x" == terminal().colour("red", "x")
