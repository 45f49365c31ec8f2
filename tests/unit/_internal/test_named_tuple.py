"""Named tuples whose annotations are not compiled."""

from __future__ import annotations

import pickle
import typing

import pytest

from jaeger_client._internal.named_tuple import NamedTuple


class Ours(NamedTuple):
    """A point."""

    x: int
    label: str | None = None
    """Shown beside it."""

    @property
    def is_left(self) -> bool:
        """Whether *x* is negative."""
        return self.x < 0

    def __repr__(self) -> str:
        return f"<{self.x}>"


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    label: str | None = None

    @property
    def is_left(self) -> bool:
        """Whether *x* is negative."""
        return self.x < 0

    def __repr__(self) -> str:
        return f"<{self.x}>"


def test_its_class_has_the_same_attributes() -> None:
    """As `typing.NamedTuple`, but for the base that some Pythons record."""
    # `__slotnames__` is stored by `copyreg`, the last two are how 3.14 has annotations.
    others = {
        "__orig_bases__",
        "__slotnames__",
        "__annotate_func__",
        "__annotations_cache__",
    }

    assert {*vars(Theirs)} - others == {*vars(Ours)} - others


def test_it_is_a_tuple() -> None:
    """With names and defaults, equal to any other tuple."""
    point = Ours(-1)

    assert (True, "<-1>") == (point.is_left, repr(point))
    assert Ours(x=2, label="a") == point._replace(x=2, label="a")
    assert (-1, None) == point


def test_it_can_be_copied_to_another_process() -> None:
    """By its name and module."""
    assert Ours is type(pickle.loads(pickle.dumps(Ours(1))))


def test_its_annotations_can_be_read() -> None:
    """As of any other class."""
    assert {"x": int, "label": str | None} == typing.get_type_hints(Ours)


def test_it_has_no_place_for_other_attributes() -> None:
    """As other named tuples."""
    with pytest.raises(AttributeError, match="colour"):
        Ours(1).colour = "red"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
