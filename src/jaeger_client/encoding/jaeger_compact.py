"""
Jaeger's `emitBatch` in the Thrift compact protocol, for UDP port 6831.

A payload is one oneway message, `Agent.emitBatch(1: Batch)` of agent.thrift, sent in
one datagram of at most 65,000 bytes. The protocol (thrift-compact-protocol.md of Apache
Thrift), in hex:

```text
message  82 (protocol), 81 (type 4 oneway << 5 | version 1), sequence number (varint,
         1 for the first message), name (text), arguments (a struct)
field    header, value. The header is one byte: the difference between this id and that
         of the previous field << 4 | type. A struct ends with 00
types    1 true  2 false  5 i32  6 i64  7 double  8 text or bytes  9 list  12 struct
varint   seven bits a byte, the lowest first; bit 80 is set on all bytes but the last
i32 i64  the zigzag of the number, as a varint: 0, -1, 1, -2 are 0, 1, 2, 3
double   eight bytes, little-endian
bool     no value: the type in the header is 1 or 2
text     size in bytes (varint), UTF-8
list     size << 4 | type of the elements; from 15 elements on f << 4 | type, then the
         size (varint): 3c begins a list of three structs, fc 0f one of fifteen
```

The tag "k" with the text "v", and with the number 7:

```text
18 01 6b   1 key, a text of 1 byte, "k"           18 01 6b
15 00      2 vType, 0 STRING; or 3 LONG: 06       15 06
18 01 76   3 vStr, a text of 1 byte, "v"; 6 vLong 46 0e, the zigzag of 7
00         end of the struct                      00
```
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from jaeger_client._native import IS_COMPILED
from jaeger_client.encoding.jaeger_thrift import (
    MAX_I32,
    STOP,
    ThriftEncoder,
    ThriftWriter,
)
from jaeger_client.encoding.packing import Frame
from jaeger_client.encoding.plain import NotIntegerError
from jaeger_client.encoding.varint import (
    MASK_64,
    MAX_I64,
    MIN_I64,
    MIN_TWO_BYTES,
    clamped_i64,
    write_varint,
    write_zigzag,
)

_MESSAGE: Final = (
    b"\x82"  # protocol id
    b"\x81"  # type 4 (oneway) << 5 | version 1
)
"""The first two bytes of a message; sequence number and name follow."""

_METHOD: Final = b"\x09emitBatch"
"""The name of the method, after its size."""

_MIN_LONG_LIST: Final = 15
"""The smallest number of elements that does not fit in the first byte of a list."""

_STRUCT: Final = 12
"""The type of the elements of all lists."""

_DOUBLE: Final = struct.Struct("<d")  # little-endian, unlike the binary protocol


class CompactWriter(ThriftWriter):
    """Writes the structs of jaeger.thrift."""

    types: ClassVar = {
        "true": 1,
        "false": 2,
        "i32": 5,
        "i64": 6,
        "double": 7,
        "text": 8,
        "list": 9,
        "struct": 12,
    }

    def header(self, kind: str, field: int, previous: int | None = None) -> bytes:
        """Return one byte."""
        difference = 1 if previous is None else field - previous
        return bytes((difference << 4 | self.types[kind],))

    def bools(self, field: int, previous: int) -> Sequence[bytes]:
        """Return headers, whose types are the values."""
        return [self.header(kind, field, previous) for kind in ("false", "true")]

    def write_i64(self, out: bytearray, header: bytes, number: int) -> None:
        """Append the varint of the zigzag of the i64 nearest to *number*."""
        if not MIN_I64 <= number <= MAX_I64:
            number = clamped_i64(number)
        out += header
        write_varint(out, number << 1 if number >= 0 else ~(number << 1))

    def write_i32(self, out: bytearray, header: bytes, number: int) -> None:
        """Append the varint of the zigzag of *number*."""
        out += header
        write_zigzag(out, number)

    def write_id(self, out: bytearray, header: bytes, number: int) -> None:
        """Append the varint of the zigzag of the i64 with these bits."""
        if type(number) is not int:
            raise NotIntegerError(number)
        bits = number & MASK_64
        out += header
        # If bit 63 is set, they are those of a negative number n, whose zigzag is
        # -2n - 1.
        write_varint(out, bits << 1 if bits <= MAX_I64 else (MASK_64 - bits << 1) + 1)

    def write_double(self, out: bytearray, header: bytes, number: float) -> None:
        """Append eight bytes."""
        out += header
        out += _DOUBLE.pack(number)

    def write_text(self, out: bytearray, header: bytes, text: str) -> None:
        """Append the size in UTF-8 and the text."""
        # Not by its own `encode`, which a subclass of str may override.
        data = str.encode(text)
        size = len(data)
        out += header
        if size < MIN_TWO_BYTES:  # saves a call, a tenth of the time of a tag
            out.append(size)
        else:
            write_varint(out, size)
        out += data

    def write_bytes(self, out: bytearray, header: bytes, data: bytes) -> None:
        """Append the size and the bytes."""
        out += header
        write_varint(out, len(data))
        out += data

    def write_list(self, out: bytearray, header: bytes, size: int) -> None:
        """Append the size and the type of the elements."""
        out += header
        if size < _MIN_LONG_LIST:
            out.append(size << 4 | _STRUCT)
        else:
            out.append(_MIN_LONG_LIST << 4 | _STRUCT)
            write_varint(out, size)


_WRITER: Final = CompactWriter()

if TYPE_CHECKING or not IS_COMPILED:
    _COMPILED = None
else:
    from jaeger_client._native import thrift_writers

    _COMPILED = thrift_writers.CompactWriter(_WRITER)


class JaegerCompactEncoder(ThriftEncoder):
    """
    Encodes each payload as one `emitBatch` message, for UDP port 6831.

    Used by one thread at a time.
    """

    content_type = "application/vnd.apache.thrift.compact"
    _writer = _WRITER
    _span_writer = _COMPILED

    def _frame(self) -> Frame:
        # The sequence number of the message and `seqNo` of the batch. Agents make
        # metrics of `seqNo` and `ClientStats`; Jaeger 2 ignores both.
        number = self._payloads + 1
        before = bytearray(_MESSAGE)
        write_varint(before, number & MAX_I32)
        before += _METHOD
        # The batch is argument 1, the process its field 1.
        before += 2 * self._writer.header("struct", 1)
        before += self._process
        after = bytearray()
        self._writer.write_i64(after, self._writer.header("i64", 3), number)
        after += self._writer.header("struct", 4)
        self._write_stats(after)
        after += bytes((STOP, STOP))  # of the batch and the arguments
        return self._batch_frame(before, bytes(after))

    def _write_stats(self, out: bytearray) -> None:
        """Append the `ClientStats`: totals since the start, for the agent's metrics."""
        losses = self.losses
        failed = losses.send_failed + losses.not_encodable
        counts = losses.queue_full, losses.too_large, failed
        for field, count in enumerate(counts, start=1):
            self._writer.write_i64(out, self._writer.header("i64", field), count)
        out.append(STOP)
