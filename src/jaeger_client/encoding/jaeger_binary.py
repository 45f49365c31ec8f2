"""
Jaeger's `Batch` in the Thrift binary protocol, for HTTP port 14268.

The protocol (thrift-binary-protocol.md of Apache Thrift) writes all numbers in their
full width, big-endian:

```text
field    type (1 byte), id (i16), value; a struct ends with a zero byte
types    2 bool  4 double  8 i32  10 i64  11 text or bytes  12 struct  15 list
bool     one byte, 0 or 1
text     size (i32), UTF-8
list     type of its elements (1 byte), size (i32), elements
```

The tag "k" with the text "v", in hex:

```text
0b 00 01  00 00 00 01 6b   type 11, field 1 key: a text of 1 byte, "k"
08 00 02  00 00 00 00      type 8, field 2 vType: 0 STRING
0b 00 03  00 00 00 01 76   type 11, field 3 vStr: a text of 1 byte, "v"
00                         end of the struct
```

The request body is a bare `Batch`, without the header of a Thrift message. Its fields
`seqNo` and `ClientStats` are left out: only agents use them, over UDP.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from jaeger_client._native import IS_COMPILED
from jaeger_client.encoding.jaeger_thrift import STOP, ThriftEncoder, ThriftWriter
from jaeger_client.encoding.packing import Frame
from jaeger_client.encoding.plain import NotIntegerError
from jaeger_client.encoding.varint import MASK_64, MAX_I64, MIN_I64, clamped_i64

_I64: Final = struct.Struct(">q")
_U64: Final = struct.Struct(">Q")
_DOUBLE: Final = struct.Struct(">d")


class BinaryWriter(ThriftWriter):
    """Writes the structs of jaeger.thrift."""

    types: ClassVar = {
        "bool": 0x02,
        "double": 0x04,
        "i32": 0x08,
        "i64": 0x0A,
        "text": 0x0B,
        "struct": 0x0C,
        "list": 0x0F,
    }

    def header(self, kind: str, field: int, previous: int | None = None) -> bytes:  # noqa: ARG002 - for the other protocol
        """Return the type and the id."""
        return bytes((self.types[kind], 0, field))

    def bools(self, field: int, previous: int) -> Sequence[bytes]:  # noqa: ARG002 - as above
        """Return the header and one byte."""
        header = self.header("bool", field)
        return header + b"\x00", header + b"\x01"

    def write_i32(self, out: bytearray, header: bytes, number: int) -> None:
        """Append four bytes."""
        out += header
        out += number.to_bytes(4, "big", signed=True)

    def write_i64(self, out: bytearray, header: bytes, number: int) -> None:
        """Append eight bytes."""
        if not MIN_I64 <= number <= MAX_I64:
            number = clamped_i64(number)
        out += header
        out += _I64.pack(number)

    def write_id(self, out: bytearray, header: bytes, number: int) -> None:
        """Append eight bytes, unsigned."""
        if type(number) is not int:
            raise NotIntegerError(number)
        out += header
        out += _U64.pack(number & MASK_64)

    def write_double(self, out: bytearray, header: bytes, number: float) -> None:
        """Append eight bytes."""
        out += header
        out += _DOUBLE.pack(number)

    def write_text(self, out: bytearray, header: bytes, text: str) -> None:
        """Append the size in UTF-8 and the text."""
        # Not by its own `encode`, which a subclass of str may override.
        data = str.encode(text)
        out += header
        out += len(data).to_bytes(4, "big")
        out += data

    def write_bytes(self, out: bytearray, header: bytes, data: bytes) -> None:
        """Append the size and the bytes."""
        out += header
        out += len(data).to_bytes(4, "big")
        out += data

    def write_list(self, out: bytearray, header: bytes, size: int) -> None:
        """Append the type of the elements, and the size."""
        out += header
        out.append(0x0C)  # struct
        out += size.to_bytes(4, "big")


_WRITER: Final = BinaryWriter()

if TYPE_CHECKING or not IS_COMPILED:
    _COMPILED = None
else:
    from jaeger_client._native import thrift_writers

    _COMPILED = thrift_writers.BinaryWriter(_WRITER)


class JaegerBinaryEncoder(ThriftEncoder):
    """
    Encodes each payload as one `Batch`, for HTTP port 14268.

    Used by one thread at a time.
    """

    content_type = "application/x-thrift"
    _writer = _WRITER
    _span_writer = _COMPILED

    def _frame(self) -> Frame:
        # The process is field 1 of the batch.
        before = bytearray(self._writer.header("struct", 1)) + self._process
        return self._batch_frame(before, bytes((STOP,)))
