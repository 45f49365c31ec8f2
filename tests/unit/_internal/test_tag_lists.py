"""Tags and logs as the objects of 4.8."""

from __future__ import annotations

import pytest

from jaeger_client._internal.tag_lists import Log, LogList, Tag, TagList, TagType


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", Tag("k", TagType.STRING, vStr="a")),
        (1.5, Tag("k", TagType.DOUBLE, vDouble=1.5)),
        (True, Tag("k", TagType.BOOL, vBool=True)),
        (7, Tag("k", TagType.LONG, vLong=7)),
        (b"b", Tag("k", TagType.BINARY, vBinary=b"b")),
    ],
)
def test_tag_of_a_pair(value: str | float | bytes, expected: Tag) -> None:
    """Each type of value has its own attribute, named by `vType`."""
    tag = Tag.of("k", value)

    assert expected == tag
    assert ("k", value) == tuple(tag)
    assert type(value) is type(tag.value)


def test_tag_of_an_unknown_type() -> None:
    """A tag with an unknown `vType` has the value of `vStr`."""
    assert "a" == Tag("k", 99, vStr="a").value


def test_tags_compare_and_hash_by_value() -> None:
    """Tags are equal and hash alike if all their attributes are equal."""
    assert Tag.of("k", 1) == Tag.of("k", 1)
    assert Tag.of("k", 1) != Tag.of("k", True)
    assert Tag.of("k", 1) != ("k", 1)
    assert 1 == len({Tag.of("k", 1), Tag.of("k", 1)})


def test_tag_repr() -> None:
    """The repr of a tag is that of 4.8."""
    expected = (
        "Tag(key='k', vType=3, vStr=None, vDouble=None, vBool=None, vLong=1, "
        "vBinary=None)"
    )
    assert expected == repr(Tag.of("k", 1))


def test_tag_defaults() -> None:
    """Without arguments a tag has an empty key, the type of text and no text."""
    assert ("", 0, None) == (Tag().key, Tag().vType, Tag().value)


def test_tag_list_makes_tags_of_pairs() -> None:
    """Pairs added to a list of tags become `Tag` objects; tags stay the same."""
    tag = Tag.of("a", 1)

    tags = TagList([tag, ("b", 2)])
    tags.append(("c", 3))

    assert tag is tags[0]
    assert [tag, Tag.of("b", 2), Tag.of("c", 3)] == tags


def test_log_unpacks_as_a_pair() -> None:
    """A log unpacks as timestamp and fields."""
    log = Log(5, [("event", "e")])

    timestamp, fields = log

    assert (5, [Tag.of("event", "e")]) == (timestamp, fields)
    assert "Log(timestamp=5, fields=[])" == repr(Log(5))


def test_logs_compare_and_hash_by_value() -> None:
    """Logs are equal and hash alike if time and fields are equal."""
    assert Log(5, [("a", 1)]) == Log(5, [("a", 1)])
    assert Log(5) != Log(6)
    assert Log(5) != (5, [])
    assert 1 == len({Log(5, [("a", 1)]), Log(5, [("a", 1)])})


def test_log_list_makes_logs_of_pairs() -> None:
    """Pairs added to a list of logs become `Log` objects; logs stay the same."""
    log = Log(1)

    logs = LogList([log, (2, [("a", 1)])])
    logs.append((3, ()))

    assert log is logs[0]
    assert [Log(1), Log(2, [("a", 1)]), Log(3)] == logs
