"""What the tests of spans and tracers share: short views and hostile values."""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

from jaeger_client._internal.tag_lists import Log
from jaeger_client.span import Span

Anything: TypeAlias = Any
"""A value that type checkers accept for any argument."""


def pairs_of(span: Span) -> list[tuple[str, object]]:
    """Return the tags of *span* as pairs, without those of the sampler."""
    return [
        (tag.key, tag.value)
        for tag in span.tags
        if tag.key not in {"sampler.type", "sampler.param"}
    ]


def fields_of(log: Log) -> dict[str, object]:
    """Return the fields of *log* by name."""
    return {field.key: field.value for field in log.fields}


class Hostile:
    """Raises at every touch."""

    def _refuse(self, *_args: object) -> NoReturn:
        msg = "touched"
        raise RuntimeError(msg)

    __str__ = __repr__ = __eq__ = __hash__ = __len__ = __bool__ = _refuse
    __iter__ = __int__ = __float__ = __getitem__ = __contains__ = __lt__ = _refuse


class HostileText(str):
    """Text whose every method raises."""

    __slots__ = ()

    def _refuse(self, *_args: object) -> NoReturn:
        msg = "touched"
        raise RuntimeError(msg)

    __str__ = __repr__ = __eq__ = __len__ = __format__ = _refuse
    __getitem__ = _refuse  # pyright: ignore[reportAssignmentType]  # raises anyhow
    __hash__ = str.__hash__


class HostileDict(dict[str, object]):
    """A mapping whose every method raises."""

    def _refuse(self, *_args: object) -> NoReturn:
        msg = "touched"
        raise RuntimeError(msg)

    items = keys = get = __iter__ = __len__ = __contains__ = __getitem__ = _refuse


HOSTILE_VALUES: list[Anything] = [
    Hostile(),
    HostileText("text"),
    HostileText("sampling.priority"),
    HostileDict(a=1),
    None,
    "",
    "x" * 100_000,
    b"\xff",
    [],
    [Hostile()],
    {"key": Hostile()},
    {Hostile: Hostile()},
    {None: None},
    object(),
    Hostile,
    10**400,
    -(10**400),
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    2**64,
    -1,
    0,
    True,
    "\ud800",
]
"""What no caller should hand in, and some will."""
