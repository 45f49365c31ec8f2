"""
Writes the pages that are made from tables in the code; `make pages` calls it.

A further page is one function that returns its text and one line in `PAGES`.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from jaeger_client.config.table import Section, Setting, sections, settings

HERE: Final = Path(__file__).parent
COMMAND: Final = "make pages"
"""What writes the pages anew."""

_WIDTH: Final = 90


def reference_page() -> str:
    """Return the page about every setting."""
    return page(
        "Reference of settings",
        "How settings are given, which one counts and what mistakes lead to is told in "
        "[configuration](configuration.md). Here is each of them; `group.key` stands "
        'for a key within a group: `sampler.type` is `{"sampler": {"type": ...}}`. '
        "Where several variables are named, the first that says something counts. "
        "Defaults are in the unit that the dict has.",
        *(part for section in sections() for part in _section(section)),
        "## Variables",
        table(("variable", "setting"), _variables()),
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference.md": reference_page,
}
"""The functions that make the pages, by the names of their files."""


def page(title: str, *parts: str) -> str:
    """Return a page of *parts* with empty lines between, and who made it."""
    made_by = f"<!-- Made by `{COMMAND}` from the code: change it there. -->"
    wrapped = map(_wrapped, parts)
    return "\n\n".join((made_by, f"# {title}", *wrapped)) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def stale_pages() -> list[str]:
    """Return the names of the pages that are not what the code would make."""
    return [name for name, make in PAGES.items() if _read(HERE / name) != make()]


def main(arguments: Sequence[str]) -> int:
    """Write the pages; with `--check` only say which are stale."""
    if list(arguments) == ["--check"]:
        for name in (stale := stale_pages()):
            print(f"docs/{name} is stale: run `{COMMAND}`")
        return 1 if stale else 0
    for name, make in PAGES.items():
        (HERE / name).write_text(make(), encoding="utf-8")
        print(f"pages: docs/{name}")
    return 0


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    for setting in section.settings:
        yield f"({_target(setting)})=\n### `{setting.key}`"
        yield setting.about
        yield "\n".join(f"- {name}: {value}" for name, value in _facts(setting))


def _facts(setting: Setting) -> Iterator[tuple[str, str]]:
    yield "takes", setting.expected
    unit = f" {setting.unit}" if setting.default.startswith("`") else ""
    yield "default", f"{setting.default}{unit}".rstrip()
    for variable in setting.variables:
        takes = setting.expected_of.get(variable)
        yield "variable", f"`{variable}`" + (f", {takes}" if takes else "")
    if setting.is_secret:
        yield "secret", "messages and `Config.explain()` do not show it"


def _variables() -> list[tuple[str, str]]:
    of_variable: dict[str, list[str]] = {}
    for setting in settings():
        link = f"[`{setting.key}`](#{_target(setting)})"
        for variable in setting.variables:
            of_variable.setdefault(f"`{variable}`", []).append(link)
    return [
        (variable, ", ".join(of_variable[variable])) for variable in sorted(of_variable)
    ]


def _target(setting: Setting) -> str:
    return "setting-" + setting.key.replace(".", "-").replace("_", "-")


def _wrapped(part: str) -> str:
    # Tables, lists and headings keep their lines.
    if "\n" in part or part.startswith(("#", "|", "-")):
        return part
    return textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
