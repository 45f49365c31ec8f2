"""Values that do not change."""

from __future__ import annotations

import copy
import pickle
from typing import ClassVar

import pytest

from jaeger_client._internal.frozen import Frozen


class Point(Frozen):
    """Two fields, one with a default."""

    x: int
    y: int = 0


class NamedPoint(Point):
    """One field more, which is not shown."""

    name: str = "origin"

    _secret: ClassVar = ("name",)


class Even(Frozen):
    """A value that is checked."""

    value: int

    def _check(self) -> None:
        if self.value % 2:
            msg = f"must be even, got {self.value}"
            raise ValueError(msg)


def test_fields_are_given_by_position_and_by_name() -> None:
    """Those with a default may be left out."""
    assert (1, 2) == (Point(1, 2).x, Point(1, y=2).y)
    assert 0 == Point(x=1).y


@pytest.mark.parametrize(
    ("args", "by_name", "message"),
    [
        ((), {"y": 1}, "Point needs x"),
        ((1, 2, 3), {}, "Point has the fields x, y"),
        ((1,), {"x": 2}, "Point has the fields x, y"),
        ((1,), {"z": 2}, "Point has the fields x, y"),
    ],
)
def test_what_does_not_fit_the_fields_is_refused(
    args: tuple[object, ...],
    by_name: dict[str, object],
    message: str,
) -> None:
    """As a call with wrong arguments is."""
    kind: type = Point

    with pytest.raises(TypeError, match=message):
        kind(*args, **by_name)


def test_a_field_can_be_neither_set_nor_deleted() -> None:
    """Nor can an attribute be added."""
    point: object = Point(1)

    with pytest.raises(AttributeError, match="Point is frozen: x cannot be set"):
        point.x = 2  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # that is the test
    with pytest.raises(AttributeError, match="Point is frozen: z cannot be set"):
        point.z = 2  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # that is the test
    with pytest.raises(AttributeError, match="Point is frozen: x cannot be deleted"):
        del point.x  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # that is the test


def test_equal_are_those_of_one_class_with_equal_fields() -> None:
    """Such have one hash, too."""
    assert Point(1, 0) == Point(1)
    assert hash(Point(1, 0)) == hash(Point(1))
    assert Point(1) != Point(2)
    assert Point(1) != NamedPoint(1)
    assert (1, 0) != Point(1)


def test_a_subclass_adds_fields() -> None:
    """They come after those of its base."""
    assert NamedPoint(1, 2, "here").name == "here"


def test_repr_shows_the_fields_that_are_no_secret() -> None:
    """As the call that makes the value."""
    assert "Point(x=1, y=0)" == repr(Point(1))
    assert "NamedPoint(x=1, y=0)" == repr(NamedPoint(1, name="secret"))


def test_a_value_can_be_matched() -> None:
    """By its fields in their order."""
    match Point(1, 2):
        case Point(x, 2):
            found = x
        case _:
            found = -1

    assert 1 == found


def test_but_returns_a_copy_with_changes() -> None:
    """The value itself stays as it is."""
    point = Point(1, 2)

    assert Point(1, 3) == point.but(y=3)
    assert Point(1, 2) == point


def test_a_value_is_checked_when_it_is_made() -> None:
    """A copy with changes is checked, too."""
    with pytest.raises(ValueError, match="must be even, got 3"):
        Even(2).but(value=3)


def test_a_value_can_be_copied_and_pickled() -> None:
    """The copies are equal to it."""
    point = Point(1, 2)

    copies = (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point)))

    assert (point, point, point) == copies
