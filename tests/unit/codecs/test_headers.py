"""The cache of header names, and its limits."""

from __future__ import annotations

from jaeger_client.codecs.headers import (
    Header,
    HeaderNames,
)

OWN = Header("own")


class Meanings:
    """Returns a meaning for names that begin with `own`; records its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, name: str) -> Header | None:
        """Tell what *name* means."""
        self.calls.append(name)
        return OWN if name.startswith("own") else None


class Text(str):
    """A subclass of str."""

    __slots__ = ()


def test_the_meaning_of_a_name_is_remembered() -> None:
    """The meaning of a spelling is determined only once."""
    meanings = Meanings()
    names = HeaderNames(meanings)

    for _ in range(2):
        assert [(OWN, 1)] == names.own_headers({"Own-A": 1, "Host": 2})
    assert ["own-a", "host"] == meanings.calls


def test_names_that_are_not_plain_text_are_not_remembered() -> None:
    """Bytes and subclasses of str are processed each time; others never."""
    meanings = Meanings()
    names = HeaderNames(meanings)
    carrier = {b"Own-A": 1, Text("own-b"): 2, 5: 3, None: 4}

    for _ in range(2):
        assert [(OWN, 1), (OWN, 2)] == names.own_headers(carrier)
    assert ["own-a", "own-b"] * 2 == meanings.calls


def test_long_names_are_not_remembered() -> None:
    """A name over the maximum length is processed each time."""
    names = HeaderNames(Meanings())

    assert [(OWN, 1)] == names.own_headers({"own" + "x" * 64: 1, "y" * (64 + 1): 2})
    assert not names.own
    assert not names.foreign


def test_names_of_the_maximum_length_are_remembered() -> None:
    """A name of 64 characters is processed once."""
    names = HeaderNames(Meanings())
    own, foreign = "own".ljust(64, "x"), "y" * 64

    assert [(OWN, 1)] == names.own_headers({own: 1, foreign: 2})
    assert ({own: OWN}, {foreign}) == (names.own, names.foreign)


def test_names_that_the_codec_looks_up_are_in_passed() -> None:
    """`passed` contains them and foreign names, but no other own names."""
    names = HeaderNames(Meanings(), ("own-a",))
    names.own_headers({"own-a": 1, "own-b": 2, "Host": 3})

    assert {"own-a", "Host"} == names.passed
    for number in range(2 * 512):
        names.own_headers({f"foreign-{number}": 1})
        assert len(names.passed) <= 512 + 1
    assert names.passed == {"own-a", *names.foreign}


class Name:
    """A header name that can become unhashable."""

    hashable = True

    def __hash__(self) -> int:
        """Return 1, or raise."""
        if self.hashable:
            return 1
        msg = "no hash any more"
        raise TypeError(msg)


def test_names_that_are_not_hashable_are_ignored() -> None:
    """A name whose hash raises is ignored; the others are read."""
    name = Name()
    carrier: dict[object, object] = {name: 1, "own-a": 2, "Host": 3}
    name.hashable = False

    assert [(OWN, 2)] == HeaderNames(Meanings()).own_headers(carrier)


def test_the_memory_is_cleared_when_it_is_full() -> None:
    """Invented names never exceed the limit."""
    names = HeaderNames(Meanings())

    for number in range(2 * 512 + 1):
        names.own_headers({f"own-{number}": 1, f"foreign-{number}": 2})
        assert len(names.own) <= 512
        assert len(names.foreign) <= 512
    assert 1 == len(names.own) == len(names.foreign)
