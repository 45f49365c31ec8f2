"""
`typing.NamedTuple` at a third of the time.

`typing` compiles each annotation, which is text here (`from __future__ import
annotations`), to check that it is a type: 20 µs each, and 0.8 ms for the first, in
every process that starts a tracer. Type checkers do that once and better. The classes
are the same, apart from the annotations of `__new__`, which are text as well.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Creator(type):
        """Replaces the class that derives from `NamedTuple` by a named tuple."""

        def __new__(
            cls, name: str, bases: tuple[type, ...], body: dict[str, object]
        ) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            created = namedtuple(  # noqa: PYI024 - that is what this module is for
                name,
                fields,
                defaults=[body.pop(field) for field in fields if field in body],
                module=body["__module__"],
            )
            created.__new__.__annotations__ = fields
            for attribute, value in body.items():
                setattr(created, attribute, value)
            return created

    class NamedTuple(metaclass=_Creator):
        """Base of a class whose annotations are the fields of a tuple."""


__all__ = ["NamedTuple"]
