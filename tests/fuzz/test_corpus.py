"""Each committed input fulfils the conditions of its target, on every Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.run import CORPUS, MAX_SIZE, TARGETS, corpus_of, load

MAX_FILES = 100
"""Inputs of each target: those that `merge` added, and those that have failed since."""
MAX_BYTES = 100_000


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_of_the_corpus_fails(target: str) -> None:
    """Inputs that failed once, and those that reach most of the code, do not fail."""
    fuzz_one = load(target)
    for path in corpus_of(target):
        fuzz_one(path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_is_small(target: str) -> None:
    """A corpus is read by every test run, so it has few and short inputs."""
    sizes = [path.stat().st_size for path in corpus_of(target)]

    assert 10 <= len(sizes) <= MAX_FILES
    assert max(sizes) <= MAX_SIZE
    assert sum(sizes) <= MAX_BYTES


def test_every_corpus_has_a_target() -> None:
    """There is no folder of inputs of a target that was renamed."""
    assert TARGETS == sorted(path.name for path in CORPUS.iterdir())
    dictionaries = (Path(__file__).parent / "dictionaries").iterdir()
    assert {path.name for path in dictionaries} <= {*TARGETS}
