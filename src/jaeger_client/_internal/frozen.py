"""
Plain values that do not change, for what is defined at every start of a program.

`@dataclass(frozen=True, slots=True)` takes 4.2 million instructions a class and 33
million once, for what it imports; `typing.NamedTuple` takes 1.1 and 11 million. A
class here takes 0.2 million. A start as a whole takes 130.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """Return a decorator that changes nothing: only type checkers look at it."""
        return lambda kind: kind


@dataclass_transform(frozen_default=True)
class Frozen:
    """
    The base of such values; subclasses annotate their fields, in order.

    Made, compared, hashed and shown like a frozen dataclass. What a class body
    gives a field is its default, so it must not be changeable. Annotations of names
    that begin with `_` are no fields.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    _secret: ClassVar[tuple[str, ...]] = ()
    """Fields that stay out of `repr`."""

    def __init_subclass__(cls) -> None:
        own = [name for name in cls.__annotations__ if not name.startswith("_")]
        names = (*cls.__match_args__, *own)
        cls.__match_args__ = names  # type: ignore[misc]  # of its own making to mypy

    def __init__(self, *args: object, **by_name: object) -> None:
        fields = self.__match_args__
        values = dict(zip(fields, args, strict=False))
        if len(args) > len(fields) or not by_name.keys() <= {*fields} - {*values}:
            msg = f"{type(self).__name__} has the fields {', '.join(fields)}"
            raise TypeError(msg)
        values |= by_name
        for name in fields:
            if name not in values and not hasattr(type(self), name):
                msg = f"{type(self).__name__} needs {name}"
                raise TypeError(msg)
        self.__dict__.update(values)
        self._check()

    def _check(self) -> None:
        """Refuse what cannot be, by raising; for subclasses."""

    def but(self, **changes: object) -> Self:
        """Return a copy with *changes*."""
        values = dict(zip(self.__match_args__, self._values(), strict=True))
        return type(self)(**(values | changes))

    def _values(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"{type(self).__name__} is frozen: {name} cannot be set"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        msg = f"{type(self).__name__} is frozen: {name} cannot be deleted"
        raise AttributeError(msg)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in self.__match_args__
            if name not in self._secret
        )
        return f"{type(self).__name__}({shown})"
