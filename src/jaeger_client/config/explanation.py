"""
The effective configuration: value and origin of each setting, and its errors.

Imported only by `Config.explain()`. Secrets are never shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from jaeger_client._internal.http_client.messages import grpc_hint, parse_url
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS
from jaeger_client._internal.shown import as_text, displayable, is_secret_name, text_of
from jaeger_client._native import IMPLEMENTATION, IS_WANTED, VARIABLE, WHY_NOT_COMPILED
from jaeger_client.config import table
from jaeger_client.config.read import COMBINATION, read
from jaeger_client.config.settings import FORMAT, THE_DICT, VARIABLES, Param, Settings
from jaeger_client.config.unknown import unknown_keys, unknown_variables

_MAX_COLUMN: Final = 40
"""Maximum width of a column; longer keys and values overflow and do not widen it."""


@dataclass(frozen=True, slots=True)
class ExplainedSetting:
    """One setting of one configuration."""

    key: str
    """Its key; for a tag, `tags.` and the name."""
    value: object
    """The value in use; a secret is replaced by a placeholder."""
    origin: str
    """
    `the dict`, a variable, `default`, or the setting it is derived from; of the
    implementation, `the installation` or a variable.
    """
    unit: str = ""
    """The unit of a number."""
    note: str = ""
    """Remarks, for example why it is not used."""
    error: str | None = None
    """Why the configured value cannot be used."""

    @property
    def variable(self) -> str | None:
        """The variable that sets it, if any."""
        return self.origin if self.origin.startswith(VARIABLES) else None

    @property
    def text(self) -> str:
        """The value as text."""
        if self.error is not None:
            return "cannot be used"
        text = as_text(self.value)
        text = text if text.isprintable() else repr(text)
        has_unit = self.unit and isinstance(self.value, (int, float))
        unit = self.unit.removesuffix("s") if self.value == 1 else self.unit
        return f"{text} {unit}" if has_unit else text


class Explanation(tuple[ExplainedSetting, ...]):
    """All settings of one configuration. Its text is a table, without secrets."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Explanation of {len(self)} settings, {len(self.errors)} in error>"

    def __str__(self) -> str:
        rows = [("setting", "value", "from", "")]
        rows += ((s.key, s.text, s.origin, s.error or s.note) for s in self)
        keys, values = ([len(row[i]) for row in rows] for i in (0, 1))
        key_width = max(n for n in keys if n <= _MAX_COLUMN)
        value_width = max(n for n in values if n <= _MAX_COLUMN)
        lines: list[str] = []
        for key, value, origin, remark in rows:
            lines.append(f"{key:<{key_width}}  {value:<{value_width}}  {origin}")
            if remark:
                lines.append(f"    {remark}")
        return "\n".join(lines)

    @property
    def errors(self) -> tuple[ExplainedSetting, ...]:
        """The settings that cannot be used, in order."""
        return tuple(each for each in self if each.error is not None)

    def setting(self, key: str) -> ExplainedSetting:
        """
        Return the setting with *key*.

        Raises:
            KeyError: If there is none.
        """
        return {each.key: each for each in self}[key]


def explain(
    config: object, environ: Mapping[str, str], service_name: str | None = None
) -> Explanation:
    """
    Explain the settings that a tracer reads from a dict and the environment.

    Raises:
        ConfigError: If *config* is not a dict. Other errors are in the result.
    """
    settings = read(config, environ, service_name)
    explained = [
        _explained(settings, key, param)
        for param in table.PARAMS
        for key in _keys_of(settings, param)
    ]
    explained.append(_implementation())
    for key, problem in unknown_keys(cast("Mapping[str, object]", config)).items():
        explained.append(ExplainedSetting(key, None, THE_DICT, error=problem))
    for name, problem in unknown_variables(environ).items():
        explained.append(ExplainedSetting(name, None, name, error=problem))
    if COMBINATION in settings.values:
        found = settings.values[COMBINATION]
        explained.append(
            ExplainedSetting(COMBINATION, None, found.origin, error=str(found.error))
        )
    return Explanation(explained)


def _implementation() -> ExplainedSetting:
    """Explain which implementation runs: `jaeger_client.implementation`."""
    origin = "the installation" if IS_WANTED else VARIABLE
    note = WHY_NOT_COMPILED if IS_WANTED else None
    return ExplainedSetting("implementation", IMPLEMENTATION, origin, note=note or "")


def _keys_of(settings: Settings, param: Param[object]) -> Sequence[str]:
    """Return the keys that are explained for *param*."""
    if param is table.TAGS:
        tags = [key for key in settings.values if key.startswith("tags.")]
        return tags or [param.key]
    return [param.key, FORMAT.key] if param is table.ENDPOINT else [param.key]


def _explained(settings: Settings, key: str, param: Param[object]) -> ExplainedSetting:
    value, origin, remark, error, is_secret = settings.values[key]
    tag = key.removeprefix("tags.") if param is table.TAGS else ""
    key = text_of(key)
    if error is not None:
        return ExplainedSetting(key, None, origin, error=str(error))
    is_secret = is_secret or param.is_secret or is_secret_name(tag)
    shown = displayable(value, is_secret=is_secret)
    is_limit = isinstance(shown, (int, float)) and shown in {MAX_SECONDS, MAX_COUNT}
    notes = (
        remark,
        "the largest value that works on every platform" if is_limit else "",
        grpc_hint(parse_url(str(value))) if key == table.ENDPOINT.key and value else "",
        *settings.warnings.get(key, ()),
    )
    return ExplainedSetting(
        key, shown, origin, param.unit, "; ".join(filter(None, notes))
    )
