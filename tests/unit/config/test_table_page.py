"""The reference page, which is generated from the table of settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import make_pages
from jaeger_client.config import table
from jaeger_client.config.settings import Param

PAGE = Path(__file__).parents[3] / "docs" / "reference.md"


def text_of_page() -> str:
    """Return the page in the repository."""
    return PAGE.read_text("utf-8")


def test_no_page_is_stale() -> None:
    """Each page is identical to what the code generates."""
    stale = make_pages.stale_pages()

    assert [] == stale, f"stale: {', '.join(stale)}; run `{make_pages.COMMAND}`"


def test_a_stale_page_is_reported_with_the_command_that_renews_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`make lint` fails and prints the command."""
    monkeypatch.setitem(make_pages.PAGES, "reference.md", lambda: "another")

    code = make_pages.main(["--check"])

    assert 1 == code
    assert "docs/reference.md is stale: run `make pages`\n" == capsys.readouterr().out


def test_pages_are_written_as_generated(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """After `make pages` no page is stale."""
    monkeypatch.setattr(make_pages, "HERE", tmp_path)
    before = make_pages.stale_pages()

    code = make_pages.main([])

    assert 0 == code
    assert (list(make_pages.PAGES), []) == (before, make_pages.stale_pages())


def test_each_key_has_a_heading() -> None:
    """The headings are the keys of the table, each once."""
    headings = re.findall(r"^### `(.+)`$", text_of_page(), re.MULTILINE)

    assert sorted(table.KEYS) == sorted(headings)


def test_each_variable_is_in_the_index() -> None:
    """The index links each variable to its setting."""
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| \[", text_of_page(), re.MULTILINE)

    assert sorted(table.variable_names()) == sorted(rows)


@pytest.mark.parametrize("param", table.PARAMS, ids=lambda param: str(param.key))
def test_each_setting_has_a_description(param: Param[object]) -> None:
    """It ends with a full stop, and the accepted values are listed."""
    assert make_pages.meanings_of_settings()[param.key].endswith(".")
    assert "" != param.read.expected


def test_each_key_has_one_entry() -> None:
    """No key occurs twice in the table."""
    assert len(table.KEYS) == len(table.PARAMS)


def test_each_setting_is_in_one_section() -> None:
    """The sections contain each setting once."""
    sections = table.SECTIONS.values()

    assert sorted(param.key for params in sections for param in params) == sorted(
        param.key for param in table.PARAMS
    )
