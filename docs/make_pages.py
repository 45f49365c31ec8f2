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
from jaeger_client.metrics.table import (
    COUNTER,
    MAX_ENDPOINTS,
    METRICS,
    OTHER_ENDPOINT,
    TIMER,
    Label,
    Metric,
    dotted,
)

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


def metrics_page() -> str:
    """Return the page about every metric."""
    return page(
        "Reference of metrics",
        "What the tracer counts about itself. How to get it into Prometheus, "
        "OpenTelemetry or statsd, and what is counted in servers of several processes, "
        "is told in [how it works](how-it-works.md#metrics).",
        table(("metric", "kind", "labels", "since", "what it counts"), _metrics()),
        f"Endpoints are named as their spans. The first {MAX_ENDPOINTS} have metrics "
        f"of their own, all others are counted as `{OTHER_ENDPOINT}`.",
        "## Names elsewhere",
        "A namespace of Prometheus comes before the name, with a `_` between. Keys of "
        "`Metrics` and `LegacyMetricsFactory` are the name and the labels in the order "
        "of their names: `jaeger:traces.sampled_y.state_started`.",
        table(
            (
                "metric",
                "Prometheus",
                "OpenTelemetry, `CallableMetricsFactory`",
                "OpenTelemetry's unit",
            ),
            _names_elsewhere(),
        ),
        "## Buckets",
        "Timers are histograms of seconds, in Prometheus and in OpenTelemetry:",
        table(("metric", "upper bounds in seconds"), _buckets()),
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "metrics.md": metrics_page,
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


def _metrics() -> Iterator[tuple[str, ...]]:
    for metric in METRICS:
        labels = "; ".join(_label(label) for label in metric.labels)
        yield f"`{metric.name}`", metric.kind, labels, metric.since, metric.help


def _label(label: Label) -> str:
    values = ", ".join(f"`{value}`" for value in label.values)
    return f"`{label.name}`: {values or 'see below'}"


def _names_elsewhere() -> Iterator[tuple[str, ...]]:
    for metric in METRICS:
        names = (metric.name, _name_in_prometheus(metric), dotted(metric.name))
        yield *(f"`{name}`" for name in names), f"`{metric.unit}`"


def _name_in_prometheus(metric: Metric) -> str:
    name = metric.name.replace("-", "_")
    return f"{name}_total" if metric.kind == COUNTER else name


def _buckets() -> Iterator[tuple[str, str]]:
    for metric in METRICS:
        if metric.kind == TIMER:
            yield f"`{metric.name}`", ", ".join(f"{it:g}" for it in metric.buckets)


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
