"""
What a configuration amounts to: each setting's value, its origin, what is wrong.

Imported by `Config.explain()` only. Shows no secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS
from jaeger_client._internal.shown import (
    HIDDEN,
    is_secret_name,
    setting_without_secrets,
    shown,
    text_of,
)
from jaeger_client.config import table
from jaeger_client.config.read import TOGETHER, read
from jaeger_client.config.settings import (
    BY_DEFAULT,
    FORMAT,
    THE_DICT,
    VARIABLES,
    Param,
    Settings,
)
from jaeger_client.config.unknown import unknown_keys, unknown_variables

NOTHING: Final = "none"
"""Text for a value that is not there."""

_MAX_COLUMN: Final = 48
"""Maximum width of a column; longer keys and values protrude."""

_MAX_ITEMS: Final = 100
"""Maximum number of headers or list items that are shown."""

_MAX_NUMBER: Final = 1 << 64
"""Larger numbers are shown as text: Python may refuse to convert them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One setting of one configuration."""

    key: str
    """Its key; a tag has `tags.` and its name."""
    value: object
    """The value that is used; a secret is replaced by a text."""
    origin: str
    """`the dict`, a variable, `default`, or the setting it follows from."""
    unit: str = ""
    """The unit of a number."""
    note: str = ""
    """Remarks, for example why it is not used."""
    error: str | None = None
    """Why what is set cannot be used."""

    @property
    def variable(self) -> str | None:
        """The variable that it comes from, if any."""
        return self.origin if self.origin.startswith(VARIABLES) else None

    @property
    def text(self) -> str:
        """The value as text."""
        if self.error is not None:
            return "cannot be used"
        text = as_text(self.value)
        text = text if text.isprintable() else repr(text)
        has_unit = self.unit and isinstance(self.value, (int, float))
        return f"{text} {self.unit}" if has_unit else text


class Explanation(tuple[Explained, ...]):
    """
    All settings of one configuration, in a tuple. Its text is a table for people.

    Shows no secret: neither in its values nor in its text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Explanation of {len(self)} settings, {len(self.errors)} in error>"

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    @property
    def errors(self) -> tuple[Explained, ...]:
        """Those that cannot be used, in their order."""
        return tuple(each for each in self if each.error is not None)

    def of(self, key: str) -> Explained:
        """
        Return the setting with *key*.

        Raises:
            KeyError: If there is none.
        """
        for setting in self:
            if setting.key == key:
                return setting
        raise KeyError(key)


def explain(
    config: object, environ: Mapping[str, str], service_name: str | None = None
) -> Explanation:
    """
    Explain the settings of a dict and the environment, as a tracer would use them.

    Raises:
        ConfigError: If *config* is not a dict. Other errors are in the result.
    """
    settings = read(config, environ, service_name)
    explained = [each for param in table.PARAMS for each in _rows(settings, param)]
    for key, complaint in unknown_keys(cast("Mapping[str, object]", config)).items():
        explained.append(Explained(key, None, THE_DICT, error=complaint))
    for name, complaint in unknown_variables(environ).items():
        explained.append(Explained(name, None, name, error=complaint))
    if TOGETHER in settings.values:
        error = str(settings.values[TOGETHER].error)
        explained.append(Explained(TOGETHER, None, BY_DEFAULT, error=error))
    return Explanation(explained)


def _rows(settings: Settings, param: Param[object]) -> Iterator[Explained]:
    tags = [key for key in settings.values if key.startswith("tags.")]
    if param is table.TAGS and tags:
        for key in tags:
            is_secret = is_secret_name(key.removeprefix("tags."))
            yield _explained(settings, key, is_secret=is_secret)
        return
    yield _explained(settings, param.key, unit=param.unit, is_secret=param.is_secret)
    if param is table.ENDPOINT:
        yield _explained(settings, FORMAT, is_secret=False)


def _explained(
    settings: Settings, key: str, *, is_secret: bool, unit: str = ""
) -> Explained:
    value, origin, remark, error = settings.values[key]
    key = text_of(key)
    if error is not None:
        return Explained(key, None, origin, error=str(error))
    is_limit = isinstance(value, (int, float)) and value in {MAX_SECONDS, MAX_COUNT}
    notes = (
        remark,
        "the largest value that works on every platform" if is_limit else "",
        *(f"passed over: {each}" for each in settings.passed_over.get(key, ())),
    )
    return Explained(
        key,
        displayable(value, is_secret=is_secret),
        origin,
        unit,
        "; ".join(filter(None, notes)),
    )


def _lines(settings: Sequence[Explained]) -> Iterator[str]:
    rows = [
        ("setting", "value", "from", ""),
        *((s.key, s.text, s.origin, s.error or s.note) for s in settings),
    ]
    key_width = max(min(len(row[0]), _MAX_COLUMN) for row in rows)
    value_width = max(min(len(row[1]), _MAX_COLUMN) for row in rows)
    for key, value, origin, remark in rows:
        yield f"{key:<{key_width}}  {value:<{value_width}}  {origin}"
        if remark:
            yield f"    {remark}"


def as_text(value: object) -> str:
    """Return a value as one writes it in a configuration."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case None:
            return NOTHING
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            pairs = (f"{text_of(key)}={text_of(item)}" for key, item in items)
            return ", ".join(pairs) or NOTHING
        case tuple():
            return ", ".join(map(text_of, cast("tuple[object, ...]", value)))
        case _:
            return value if isinstance(value, str) else text_of(value)


def displayable(  # noqa: PLR0911 - one for each type
    value: object, *, is_secret: bool
) -> object:
    """Return *value*, or what may be shown of it; numbers stay numbers."""
    whole: object = value  # `value` gets narrower and partly unknown types below
    if value is None:
        return None
    if isinstance(value, Mapping) and (is_secret or not value):
        # Of headers the names are shown.
        names = islice(cast("Mapping[object, object]", value), _MAX_ITEMS)
        return {text_of(name): HIDDEN for name in names}
    if is_secret:
        return HIDDEN
    if isinstance(value, str):
        return setting_without_secrets(value)
    if isinstance(value, (int, float)) and -_MAX_NUMBER < value < _MAX_NUMBER:
        return value
    if isinstance(value, tuple):
        return tuple(map(text_of, cast("tuple[object, ...]", value)[:_MAX_ITEMS]))
    return shown(whole)
