"""The budget of each call, in units of `limit`, and the messages if it is exceeded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parents[1] / "budgets.json"

SLACK: Final = 0.15
"""Fraction by which a call may exceed its budget, or fall below it without a hint."""

SLACK_ELSEWHERE: Final = 0.35
"""
The same for a build of Python other than the one of the budgets.

For the same calls, Debian's 3.11.2 takes 9 to 25 % more x `limit` than a 3.11.7 built
by pyenv: its compiler optimized `limit` more than the rest.
"""

_UPDATE: Final = "`python benchmarks/gates.py --update`"

Ratios = Mapping[str, float]
"""Calls by name, in units of `limit`."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of one implementation in one version of Python."""

    build: str
    """The build of Python in which they were counted."""
    calls: Ratios

    def slack(self, build: str) -> float:
        """Return by how much a call may differ in this *build* of Python."""
        return SLACK if build == self.build else SLACK_ELSEWHERE


@dataclass(frozen=True, slots=True)
class Verdict:
    """The messages about one count, a line for each call concerned."""

    failures: list[str]
    hints: list[str]


def ratios_to_limit(counts: Mapping[str, float]) -> dict[str, float]:
    """Return the instructions of all calls except `limit`, in units of it."""
    limit = counts["limit"]
    return {name: count / limit for name, count in counts.items() if name != "limit"}


def judge(ratios: Ratios, budgets: Budgets, build: str) -> Verdict:
    """Return which calls exceed their budgets, and which budgets could be smaller."""
    verdict = Verdict([], [])
    slack = budgets.slack(build)
    for name, ratio in ratios.items():
        budget = budgets.calls.get(name)
        if budget is None:
            verdict.failures.append(f"{name}: no budget yet, {_UPDATE} writes it")
        elif ratio > budget * (1 + slack):
            verdict.failures.append(too_much(name, ratio, budget, slack))
        elif ratio < budget * (1 - slack):
            verdict.hints.append(less(name, ratio, budget))
    return verdict


def too_much(name: str, ratio: float, budget: float, slack: float) -> str:
    """Return the line of a call that exceeds its budget."""
    more = ratio / budget - 1
    return (
        f"{name}: {ratio:.3g} x limit, {more * 100:.0f} % more than the "
        f"{budget:.3g} of benchmarks/budgets.json ({slack * 100:.0f} % allowed)"
    )


def less(name: str, ratio: float, budget: float) -> str:
    """Return the line of a call whose budget could be smaller."""
    saved = 1 - ratio / budget
    return (
        f"{name}: {ratio:.3g} x limit, {saved * 100:.0f} % less than the "
        f"{budget:.3g} of benchmarks/budgets.json; {_UPDATE} tightens it"
    )


def read_budgets(
    version: str, implementation: str, file: Path = FILE
) -> Budgets | None:
    """Return the budgets in this *version* of Python, `None` if there are none."""
    found = _read(file).get(version, {}).get(implementation)
    return None if found is None else Budgets(found["build"], found["calls"])


def write_budgets(
    version: str, implementation: str, budgets: Budgets, file: Path = FILE
) -> None:
    """Replace the budgets of an *implementation* in this *version* of Python."""
    calls = {name: round(ratio, 3) for name, ratio in budgets.calls.items()}
    versions = _read(file)
    new = {implementation: asdict(Budgets(budgets.build, calls))}
    versions[version] = dict(sorted((versions.get(version, {}) | new).items()))
    text = json.dumps(versions, indent=2)
    file.write_text(f"{text}\n", encoding="utf-8")


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """Return the content: implementations and their budgets, by version of Python."""
    versions: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return versions
