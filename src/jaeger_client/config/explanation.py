"""Settings as they are and where they came from: plain values, and their table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from jaeger_client._internal.frozen import Frozen
from jaeger_client.config.table import as_text

BY_DEFAULT: Final = "default"
"""The origin of what nobody said."""

_VARIABLES_BEGIN_WITH: Final = ("JAEGER_", "OTEL_")
_WIDEST: Final = 48
"""Characters that a key or value may widen its column to; longer ones stand out."""


class Explained(Frozen):
    """One setting of one configuration."""

    key: str
    """Its key; a tag is `tags.` and its name."""
    value: object
    """What counts; where it is a secret, a text that says so."""
    origin: str
    """`the dict`, a variable, `default`, or what else decided."""
    unit: str = ""
    """What the number counts."""
    note: str = ""
    """What else is to be known of it."""
    error: str | None = None
    """Why what is there cannot be used."""

    @property
    def variable(self) -> str | None:
        """The variable that it came from, if it did."""
        is_variable = self.origin.startswith(_VARIABLES_BEGIN_WITH)
        return self.origin if is_variable else None

    @property
    def text(self) -> str:
        """The value in words."""
        if self.error is not None:
            return "cannot be used"
        text = as_text(self.value)
        text = text if text.isprintable() else repr(text)
        has_unit = self.unit and isinstance(self.value, (int, float))
        return f"{text} {self.unit}" if has_unit else text


class Explanation(Sequence[Explained]):
    """
    All settings of one configuration; as text a table for people.

    Shows no secret: neither in its values nor in its text.
    """

    def __init__(self, settings: Sequence[Explained]) -> None:
        self._settings = tuple(settings)

    def __getitem__(self, index: int) -> Explained:  # type: ignore[override]  # no slices
        """Return one setting by its place."""
        return self._settings[index]

    def __len__(self) -> int:
        return len(self._settings)

    def __repr__(self) -> str:
        return f"<Explanation of {len(self)} settings, {len(self.errors)} in error>"

    def __str__(self) -> str:
        return "\n".join(_lines(self._settings))

    @property
    def errors(self) -> tuple[Explained, ...]:
        """Those that cannot be used, in their order."""
        return tuple(each for each in self._settings if each.error is not None)

    def of(self, key: str) -> Explained:
        """
        Return the setting of *key*.

        Raises:
            KeyError: If there is none.
        """
        for setting in self._settings:
            if setting.key == key:
                return setting
        raise KeyError(key)


def _lines(settings: Sequence[Explained]) -> Iterator[str]:
    rows = [
        ("setting", "value", "from"),
        *((s.key, s.text, s.origin) for s in settings),
    ]
    key_width = max(min(len(key), _WIDEST) for key, _, _ in rows)
    value_width = max(min(len(value), _WIDEST) for _, value, _ in rows)
    remarks = ["", *(s.error or s.note for s in settings)]
    for (key, value, origin), remark in zip(rows, remarks, strict=True):
        yield f"{key:<{key_width}}  {value:<{value_width}}  {origin}"
        if remark:
            yield f"    {remark}"
