"""The compiled mark of a process; `test_fork` has tests of what it is for."""

from __future__ import annotations

import pickle
import sys
from copy import copy, deepcopy
from pathlib import Path

import pytest

from jaeger_client._native import IS_COMPILED

if not IS_COMPILED or sys.platform != "linux":
    pytest.skip("not used here", allow_module_level=True)

from jaeger_client._native.spans import ProcessMark


def test_it_is_true_after_it_was_set() -> None:
    """And false again if the value is, as after the kernel has wiped it."""
    mark = ProcessMark()
    before = bool(mark)
    mark.value = True
    after = bool(mark)
    mark.value = False

    assert (False, True, False) == (before, after, bool(mark))


def test_copies_are_false() -> None:
    """A copy may be used in another process."""
    mark = ProcessMark()
    mark.value = True
    copies = [copy(mark), deepcopy(mark), pickle.loads(pickle.dumps(mark))]

    assert [False, False, False] == [each.value for each in copies]
    assert mark


def test_a_mark_that_is_not_used_any_more_frees_its_page() -> None:
    """The size of the process stays the same."""
    before = pages()
    for _ in range(10_000):
        ProcessMark()

    assert pages() - before < 1_000


def pages() -> int:
    """Return how many pages of memory the process has mapped."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
