"""The source of ids."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from jaeger_client._internal.ids import IdRandom

if TYPE_CHECKING:
    import pytest


def test_it_is_a_random() -> None:
    """The source is a `random.Random`, whose methods tests of applications patch."""
    assert isinstance(IdRandom(), random.Random)


def test_patched_method_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """`random.Random.getrandbits` is looked up at each call."""
    source = IdRandom()

    def getrandbits(_self: random.Random, bits: int) -> int:
        return bits

    monkeypatch.setattr(random.Random, "getrandbits", getrandbits)

    assert 64 == source.getrandbits(64)


def test_sources_differ() -> None:
    """Two sources give different numbers."""
    assert IdRandom().getrandbits(128) != IdRandom().getrandbits(128)


def test_copy_in_a_child_differs() -> None:
    """In a forked child the source gets a new seed."""
    source, copy = IdRandom(), IdRandom()
    copy.setstate(source.getstate())

    copy.after_fork_in_child()

    assert source.getrandbits(128) != copy.getrandbits(128)
