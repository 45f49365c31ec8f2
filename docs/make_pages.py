"""
Writes the pages and pictures that are made by code; `make pages` calls it.

A further one is a function that returns its text and one line in `PAGES`.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from docs import draw_pictures
from jaeger_client._internal.limits import MAX_STORED_NAME
from jaeger_client._internal.shown import as_text
from jaeger_client.config import table as settings
from jaeger_client.config.settings import Param
from jaeger_client.config.values import Reader
from jaeger_client.metrics.table import (
    COUNTER,
    MAX_ENDPOINTS,
    METRICS,
    OTHER_ENDPOINT,
    TIMER,
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
        "Every key and variable. Which one counts, and what mistakes lead to, is "
        "described in [configuration](configuration.md). `group.key` is a key within a "
        'group: `sampler.type` is `{"sampler": {"type": ...}}`. Of several variables '
        "the first that is set counts. Defaults are in the unit of the dict.",
        *_settings(),
        "## Variables",
        table(("variable", "setting"), _variables()),
    )


def metrics_page() -> str:
    """Return the page about every metric."""
    return page(
        "Reference of metrics",
        "What the tracer counts about itself. How to get it into Prometheus, "
        "OpenTelemetry or statsd, and what is counted in servers of several processes, "
        "is described in [how it works](how-it-works.md#metrics).",
        table(("metric", "kind", "labels", "since", "what it counts"), _metrics()),
        f"Endpoints are named as their spans. The first {MAX_ENDPOINTS} have metrics "
        f"of their own. All others, and names of more than {MAX_STORED_NAME:,} "
        f"characters, are counted as `{OTHER_ENDPOINT}`.",
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
    "pictures/architecture.svg": draw_pictures.architecture_picture,
    "pictures/trace.svg": draw_pictures.trace_picture,
    "reference.md": reference_page,
}
"""The functions that make the files, by their names."""


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
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(make(), encoding="utf-8")
        print(f"pages: docs/{name}")
    return 0


def _settings() -> Iterator[str]:
    meanings = meanings_of_settings()
    for title, params in settings.SECTIONS.items():
        yield f"## {title}"
        for param in params:
            yield f"({_target(param)})=\n### `{param.key}`"
            yield meanings[param.key]
            yield "\n".join(f"- {name}: {value}" for name, value in _facts(param))


def meanings_of_settings() -> dict[str, str]:
    """Return the text below each entry of the table of settings, by its key."""
    meanings: dict[str, str] = {}
    for pair in pairwise(ast.parse(inspect.getsource(settings)).body):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                param = getattr(settings, name)
                if isinstance(param, Param):
                    meanings[param.key] = " ".join(text.split())
            case _:
                pass
    return meanings


def _facts(param: Param[object]) -> Iterator[tuple[str, str]]:
    yield "takes", param.read.expected
    yield "default", param.default_text or _default(param)
    for variable, read in param.variables.items():
        expected = read.expected if isinstance(read, Reader) else ""
        yield "variable", _described(variable, param, expected)
    for variable, expected in param.influences.items():
        yield "variable", _described(variable, param, expected)
    if param.is_secret:
        yield "secret", "messages and `Config.explain()` do not show it"


def _described(variable: str, param: Param[object], expected: str) -> str:
    parts = [f"`{variable}`"]
    if expected not in {"", param.read.expected}:
        parts.append(expected)
    if variable.startswith("OTEL_EXPORTER_") and param is not settings.ENDPOINT:
        parts.append("used only if an `OTEL_` variable sets the endpoint")
    return ", ".join(parts)


def _default(param: Param[object]) -> str:
    text = as_text(param.default)
    return "none" if text == "none" else f"`{text}` {param.unit}".rstrip()


def _variables() -> list[tuple[str, str]]:
    of_variable: dict[str, list[str]] = {}
    for param in settings.PARAMS:
        link = f"[`{param.key}`](#{_target(param)})"
        for variable in (*param.variables, *param.influences):
            of_variable.setdefault(f"`{variable}`", []).append(link)
    return [
        (variable, ", ".join(of_variable[variable])) for variable in sorted(of_variable)
    ]


def _metrics() -> Iterator[tuple[str, ...]]:
    for metric in METRICS:
        labels = "; ".join(_label(*label) for label in metric.labels.items())
        yield f"`{metric.name}`", metric.kind, labels, metric.since, metric.help


def _label(name: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"`{value}`" for value in values)
    return f"`{name}`: {listed or 'see below'}"


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


def _target(param: Param[object]) -> str:
    return "setting-" + param.key.replace(".", "-").replace("_", "-")


def _wrapped(part: str) -> str:
    # Tables, lists and headings keep their lines.
    if "\n" in part or part.startswith(("#", "|", "-")):
        return part
    return textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
