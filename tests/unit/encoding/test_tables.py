"""The tables of repeating bytes: what they store, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client._internal.tag_lists import Tag
from jaeger_client.encoding import JaegerCompactEncoder, OtlpEncoder
from jaeger_client.encoding.tables import (
    MAX_ENTRIES,
    MAX_PIECE,
    MAX_TABLE_BYTES,
    TABLE_LIFETIME,
    PieceTable,
    Tables,
)
from jaeger_client.encoding.varint import varint
from jaeger_client.model import SpanLosses
from jaeger_client.testing import FakeClock
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames
from tests.foreign.spans import FinishedSpan, encode_all, encode_one


def test_a_piece_is_made_once() -> None:
    """The second look-up of a key gives the very same bytes."""
    table = PieceTable(str.encode)

    assert table["a"] is table["a"]
    assert table["a"] is table.get("a")


def test_long_pieces_are_not_kept() -> None:
    """A piece of more than MAX_PIECE bytes is not stored."""
    table = PieceTable(str.encode)
    kept, long = "x" * MAX_PIECE, "x" * (MAX_PIECE + 1)

    assert [kept.encode(), long.encode()] == [table[kept], table[long]]
    assert [kept] == list(table)


def test_entries_are_bounded() -> None:
    """A table that is full is emptied and used again."""
    table = PieceTable(varint)
    sizes: list[int] = []
    for number in range(3 * MAX_ENTRIES):
        table.make(number)
        sizes.append(len(table))

    assert MAX_ENTRIES == max(sizes)


def test_bytes_are_bounded() -> None:
    """The pieces of a table never hold more than MAX_TABLE_BYTES together."""
    table = PieceTable(str.encode)
    held: list[int] = []
    for number in range(2 * MAX_TABLE_BYTES // MAX_PIECE):
        table.make(f"{number:0{MAX_PIECE}}")
        held.append(sum(map(len, table.values())))

    assert MAX_TABLE_BYTES == max(held)


def test_what_cannot_be_made_is_not_kept() -> None:
    """An error while encoding reaches the caller, and nothing is stored."""
    table = PieceTable(str.encode)

    with pytest.raises(UnicodeEncodeError):
        table["\ud800"]
    assert not table


def test_a_tag_object_is_not_kept() -> None:
    """A `Tag`, which can change, is stored as the pair it stands for."""
    tables = Tables()
    append = tables.add_for_items(lambda item: repr(item).encode())
    tag: Any = Tag.of("k", "v")
    pieces: list[bytes] = []
    append(pieces, [tag])
    tag.vStr = "w"
    append(pieces, [tag])

    assert [b"('k', 'v')", b"('k', 'w')"] == pieces
    keys = [key for table in tables.all for key in table]
    assert [("k", "v"), ("k", "w")] == keys
    assert {tuple} == {type(key) for key in keys}


def test_equal_values_of_different_types_are_different_tags() -> None:
    """1, 1.0 and True are equal keys of a dict, and yet three values."""
    append = Tables().add_for_items(lambda item: repr(item[1]).encode())
    pieces: list[bytes] = []
    count = append(pieces, [("k", 1), ("k", 1.0), ("k", True)] * 2)

    assert [b"1", b"1.0", b"True"] * 2 == pieces
    assert 6 == count


def test_empty_pieces_are_not_kept() -> None:
    """A tag without bytes, whose text may be a secret, is not stored as a key."""
    table = PieceTable[str](lambda _: b"")

    assert b"" == table["secret"]
    assert [] == list(table)


def test_everything_is_forgotten_in_time() -> None:
    """After a minute all tables are emptied, and not before."""
    clock = FakeClock()
    tables = Tables(clock)
    table, ids = tables.add(str.encode), tables.add(varint)
    table["secret"]
    ids[1]

    clock.advance(TABLE_LIFETIME - 1)
    tables.clear_in_time()
    assert ["secret"] == list(table)
    clock.advance(1)
    tables.clear_in_time()
    assert not table
    assert not ids


@pytest.mark.parametrize("make_encoder", [JaegerCompactEncoder, OtlpEncoder])
def test_encoders_forget(make_encoder: type[JaegerCompactEncoder]) -> None:
    """No table of an encoder holds a secret a minute later."""
    clock = FakeClock()
    encoder = make_encoder(SpanLosses(), clock=clock)
    encode_all(encoder, [FinishedSpan(tag_items=[("password", "secret")])])
    clock.advance(TABLE_LIFETIME)

    encode_all(encoder, [FinishedSpan()])
    assert "secret" not in repr(encoder.tables.all)


@ALL_FORMATS
def test_forget_at_once(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """`forget` empties all tables at once, and encoding continues."""
    encoder = make_encoder(SpanLosses())
    span = FinishedSpan(tag_items=[("password", "secret")])
    first = encode_all(encoder, [span])[0]
    encoder.forget()

    assert "secret" not in repr(encoder.tables.all)
    assert names(first.body) == names(encode_all(encoder, [span])[0].body)


@ALL_FORMATS
def test_no_text_of_many_is_kept_for_long(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """The tables stay small for any number of different texts."""
    encoder = make_encoder(SpanLosses())
    keys = ("k", "otel.status_description", "http.status_code", "span.kind", "event")
    for number in range(3_000):
        items = [(key, f"{number:0500}") for key in keys]
        logs = [(number, items)]
        encode_all(encoder, [FinishedSpan(tag_items=items, log_items=logs)])

    assert len(repr(encoder.tables.all)) < MAX_TABLE_BYTES
    assert names(encode_one(encoder, FinishedSpan(operation_name="last"))) == ["last"]
