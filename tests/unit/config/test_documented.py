"""The page about settings, beside the one table of settings."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import cast

import pytest

from jaeger_client.config import collector_params, params
from jaeger_client.config.param import Param

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
HEADER = "| key | variables | default | meaning |"
NOT_IN_THE_TABLE = {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
"""Variables that give type and parameter together, so they have no row."""


def test_each_key_has_a_row() -> None:
    """No setting is left out, none is there twice or made up."""
    keys = [key for key, _, _ in rows()]

    assert sorted(params.KEYS) == sorted(keys)


def test_each_variable_stands_beside_its_key() -> None:
    """In the order in which they are asked."""
    documented = {key: variables for key, variables, _ in rows()}

    assert variables_of_keys() == documented


def test_each_default_is_named() -> None:
    """One that the code finds out later is told in words."""
    documented = {key: default for key, _, default in rows()}

    assert "" not in documented.values()
    known = defaults_of_keys()
    assert known == {key: documented[key] for key in known}


@pytest.mark.parametrize("variable", sorted(NOT_IN_THE_TABLE))
def test_variables_without_a_row_are_in_the_text(variable: str) -> None:
    """They are read beside the table."""
    assert f"`{variable}`" in PAGE.read_text("utf-8")


def rows() -> list[tuple[str, list[str], str]]:
    """Return key, variables and default of each row of the page's tables."""
    found: list[tuple[str, list[str], str]] = []
    is_table = False
    for line in PAGE.read_text("utf-8").splitlines():
        is_table = line == HEADER or (is_table and line.startswith("|"))
        if is_table and line.startswith("| `"):
            key, variables, default, _ = (cell.strip() for cell in cells(line))
            found.append((key.strip("`"), variables.replace("`", "").split(), default))
    return found


def cells(line: str) -> list[str]:
    """Return what stands between the bars of a row."""
    return line.strip("|").split("|")


def settings() -> list[Param[object]]:
    """Return every setting; some keys have two, with other variables."""
    return [
        cast("Param[object]", setting)
        for setting in (*vars(params).values(), *vars(collector_params).values())
        if isinstance(setting, Param)
    ]


def variables_of_keys() -> dict[str, list[str]]:
    """Return the variables of each key, without doubles."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for setting in settings():
        found[setting.key].update(dict.fromkeys(v.name for v in setting.variables))
    return {key: list(names) for key, names in found.items()}


def defaults_of_keys() -> dict[str, str]:
    """Return how the default of each key is written, where the table has one."""
    return {
        setting.key: shown(setting.default)
        for setting in settings()
        if setting.default is not None
    }


def shown(default: object) -> str:
    """Return how the page writes a default."""
    match default:
        case bool():
            return f"`{str(default).lower()}`"
        case {}:
            return "none"
        case tuple():
            return f"`{','.join(cast('tuple[str, ...]', default))}`"
        case float():
            return f"`{default:g}`"
        case _:
            return f"`{default}`"
