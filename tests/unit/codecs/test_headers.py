"""Finding the headers of a codec, the memory of names, and its limits."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress

import pytest

from jaeger_client.codecs.headers import Header, HeaderNames
from jaeger_client.errors import InvalidCarrierError
from tests.codec_implementations import Functions
from tests.unit.racing import run_together

OWN = Header("own")


class Meanings:
    """Returns a meaning for names that begin with `own`; records its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, name: str) -> Header | None:
        """Return the meaning of *name*."""
        self.calls.append(name)
        return OWN if name.startswith("own") else None


class Text(str):
    """A subclass of str."""

    __slots__ = ()


@pytest.mark.parametrize(
    "carrier",
    [
        {"Own-A": 1, "Host": 2},
        OrderedDict({"Own-A": 1, "Host": 2}),
        [("Own-A", 1), ("Host", 2)],
        [(b"Own-A", 1), (b"Host", 2)],
        (["Own-A", 1], ["Host", 2]),
    ],
    ids=repr,
)
def test_the_meaning_of_a_name_is_remembered(
    functions: Functions, carrier: object
) -> None:
    """The meaning of a spelling is determined only once."""
    meanings = Meanings()
    names = HeaderNames(meanings)

    for _ in range(3):
        assert [(OWN, 1)] == functions["own_headers"](names, carrier)
    assert ["own-a", "host"] == meanings.calls


def test_headers_are_in_the_order_of_the_carrier(functions: Functions) -> None:
    """Also where a name occurs more than once."""
    names = HeaderNames(Meanings())
    pairs = [("own-b", 1), ("Host", 2), ("own-a", 3), ("own-b", 4)]

    for _ in range(2):
        assert [(OWN, 1), (OWN, 3), (OWN, 4)] == functions["own_headers"](names, pairs)
        assert [(OWN, 4), (OWN, 3)] == functions["own_headers"](names, dict(pairs))


def test_names_that_are_not_plain_text_are_not_remembered(functions: Functions) -> None:
    """Bytes and subclasses of str are processed each time; others never."""
    meanings = Meanings()
    names = HeaderNames(meanings)
    carrier = {b"Own-A": 1, Text("own-b"): 2, 5: 3, None: 4}

    for _ in range(2):
        assert [(OWN, 1), (OWN, 2)] == functions["own_headers"](names, carrier)
    assert ["own-a", "own-b"] * 2 == meanings.calls


def test_long_names_are_not_remembered(functions: Functions) -> None:
    """A name over the maximum length is processed each time."""
    names = HeaderNames(Meanings())
    carrier = {"own" + "x" * 64: 1, "y" * (64 + 1): 2}

    assert [(OWN, 1)] == functions["own_headers"](names, carrier)
    assert not names.known


def test_names_of_the_maximum_length_are_remembered(functions: Functions) -> None:
    """A name of 64 characters is processed once."""
    names = HeaderNames(Meanings())
    own, foreign = "own".ljust(64, "x"), "y" * 64

    assert [(OWN, 1)] == functions["own_headers"](names, {own: 1, foreign: 2})
    assert {own: OWN, foreign: None} == names.known


class Name:
    """A header name that can become unhashable."""

    hashable = True

    def __hash__(self) -> int:
        """Return 1, or raise."""
        if self.hashable:
            return 1
        msg = "no hash any more"
        raise TypeError(msg)


def test_names_that_are_not_hashable_are_ignored(functions: Functions) -> None:
    """A name whose hash raises is ignored; the others are read."""
    name = Name()
    carrier: dict[object, object] = {name: 1, "own-a": 2, "Host": 3}
    name.hashable = False
    names = HeaderNames(Meanings())

    for _ in range(2):
        assert [(OWN, 2)] == functions["own_headers"](names, carrier)


def test_the_memory_is_cleared_when_it_is_full(functions: Functions) -> None:
    """Invented names never exceed the limit."""
    names = HeaderNames(Meanings())

    for number in range(512):
        functions["own_headers"](names, {f"own-{number}": 1, f"foreign-{number}": 2})
        assert len(names.known) <= 512
    functions["own_headers"](names, {"foreign": 2})
    assert 1 == len(names.known)


@pytest.mark.parametrize("pair", [5, "ab", ("own-a",), ("own-a", 1, 2), None, []])
def test_lists_of_anything_but_pairs_are_invalid(
    functions: Functions, pair: object
) -> None:
    """An element that is not a pair is an error, wherever it is in the list."""
    names = HeaderNames(Meanings())

    for _ in range(2):
        with pytest.raises(InvalidCarrierError, match="must contain pairs"):
            functions["own_headers"](names, [("own-a", 1), pair])


class Emptier:
    """Is only freed by the garbage collector, and then empties a dict."""

    def __init__(self, carrier: dict[str, object]) -> None:
        self.carrier = carrier
        self.itself = self

    def __del__(self) -> None:
        """Empty the dict."""
        self.carrier.clear()


@pytest.fixture
def constant_collection() -> Iterator[None]:
    """Collect garbage whenever a container is created."""
    before = gc.get_threshold()
    gc.set_threshold(1)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("constant_collection")
def test_a_finalizer_that_empties_the_carrier_does_no_harm(
    functions: Functions,
) -> None:
    """The headers that were found before are returned, or none, or an error."""
    names = HeaderNames(Meanings())
    texts = {f"own-{i}": f"value {i}" for i in range(100)}
    functions["own_headers"](names, texts)

    for _ in range(100):
        carrier: dict[str, object] = {name: [text] for name, text in texts.items()}
        Emptier(carrier)
        try:
            found = functions["own_headers"](names, carrier)
        except RuntimeError:  # of the twin: the dict changed size
            continue
        assert all(value[0].startswith("value") for _, value in found)


def test_a_carrier_that_another_thread_changes_is_read(functions: Functions) -> None:
    """What is found are headers of the carrier, whatever is added and removed."""
    names = HeaderNames(Meanings())
    carrier: dict[str, object] = {"own-a": ["own-a"]}
    pairs: list[object] = [("own-a", ["own-a"])]

    def change() -> None:
        for number in range(5_000):
            name = f"own-{number % 50}" if number % 2 else f"foreign-{number % 50}"
            carrier[name] = [name]
            pairs.append((name, [name]))
            if number % 40 == 0:
                carrier.clear()
                pairs.clear()

    def read(source: object) -> None:
        for _ in range(5_000):
            with suppress(RuntimeError):  # of the twin: the dict changed size
                found = functions["own_headers"](names, source)
                assert all(value[0].startswith("own") for _, value in found)

    run_together(change, lambda: read(carrier), lambda: read(pairs))


def test_no_reference_is_lost_or_left(functions: Functions) -> None:
    """The names and values of a carrier are referenced by the result alone."""
    names = HeaderNames(Meanings())
    value, name = object(), "own-" + "x".upper()
    carriers: list[object] = [{name: value}, [(name, value)], [(b"own-b", value)]]
    for carrier in carriers * 2:
        functions["own_headers"](names, carrier)

    before = sys.getrefcount(value), sys.getrefcount(name), sys.getrefcount(OWN)
    for carrier in carriers * 100:
        functions["own_headers"](names, carrier)
    assert before == (
        sys.getrefcount(value),
        sys.getrefcount(name),
        sys.getrefcount(OWN),
    )
