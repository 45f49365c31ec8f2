"""
The headers of every Jaeger client: `uber-trace-id`, `uberctx-*` and two more.

The same codec serves TEXT_MAP, which leaves values alone, and HTTP_HEADERS,
which percent-encodes baggage and decodes all it reads.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from jaeger_client.codecs.baggage import (
    MAX_DEBUG_ID_LENGTH,
    BaggageBox,
    is_too_long,
    key_text,
    percent_decoded,
    percent_encoded,
    readable,
)
from jaeger_client.codecs.base import (
    BaggageLosses,
    Codec,
    Ids,
    shown,
    sole,
    text_of,
    writable,
)
from jaeger_client.codecs.headers import Header, HeaderNames
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_ID_HEADER_KEY,
    MAX_ID_BITS,
    MAX_TRACE_ID_BITS,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext

_TRACE_ID: Final = Header("trace id")
_DEBUG_ID: Final = Header("debug id")
_BAGGAGE_LIST: Final = Header("baggage list")
_BAGGAGE: Final = "baggage"
_NOTHING: Final = object()

_FORMAT: Final = "{trace}:{span}:{parent}:{flags}"
_HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
_MAX_TRACE_ID: Final = (1 << MAX_TRACE_ID_BITS) - 1
_MAX_SPAN_ID: Final = (1 << MAX_ID_BITS) - 1
_MAX_ENCODED_LENGTH: Final = 512
_USUAL_FLAGS: Final = {"0": 0, "1": 1, "2": 2, "3": 3}
_FLAGS_MASK: Final = 0x7FFF_FFFF  # what a positive i32, the flags of a span, can hold


class TextCodec(Codec):
    """
    Jaeger's own headers; case does not matter, `_` in a configured name is `-`.

    Of the baggage that comes in, `MAX_BAGGAGE_ITEMS` items of together
    `MAX_BAGGAGE_SIZE` characters are kept; the rest is dropped and counted in
    `dropped_baggage_items`.
    """

    def __init__(
        self,
        url_encoding: bool = False,  # noqa: FBT001, FBT002 - the signature of 4.8
        trace_id_header: str = TRACE_ID_HEADER,
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        baggage_header: str = BAGGAGE_HEADER_KEY,
    ) -> None:
        self.url_encoding = url_encoding
        self.trace_id_header = _header_name(trace_id_header)
        self.baggage_prefix = _header_name(baggage_header_prefix)
        self.debug_id_header = _header_name(debug_id_header)
        self.baggage_header = _header_name(baggage_header)
        self.prefix_length = len(self.baggage_prefix)
        self._names = HeaderNames(self._meaning)
        self._losses = BaggageLosses()

    @property
    def dropped_baggage_items(self) -> int:
        """Items of baggage that were read and not kept, since the codec was made."""
        return self._losses.items

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """
        Write *span_context* into *carrier*, a dict or other mutable mapping.

        A context without trace writes the baggage or debug id that it has.
        """
        headers: MutableMapping[str, object]
        # One question for what nearly always comes, 0.1 us less than writable().
        headers = carrier if type(carrier) is dict else writable(carrier)  # pyright: ignore[reportUnknownVariableType]  # any dict
        try:
            # Half the time of an f-string: 0.3 instead of 0.6 us.
            headers[self.trace_id_header] = "%x:%x:%x:%x" % (  # noqa: UP031 - above
                span_context.trace_id,
                span_context.span_id,
                span_context.parent_id or 0,
                span_context.flags,
            )
        except TypeError:  # without a trace the ids are None
            if span_context.has_trace:
                raise
            self._write_debug_id(span_context, carrier)  # pyright: ignore[reportUnknownArgumentType]  # any dict
        baggage = span_context.baggage
        if baggage:
            for key, value in baggage.items():
                name = f"{self.baggage_prefix}{key_text(key)}"
                headers[name] = self._outgoing(value)

    def extract(self, carrier: object) -> SpanContext | None:
        """
        Return the context in *carrier*, anything that has `items()`.

        Without trace, it may still hold baggage or a debug id.
        """
        if type(carrier) is not dict:
            return self._read_all(carrier)
        # What nearly every request has of ours is the ids alone. Looking for just
        # them, in this one loop, takes 0.4 us less than collecting headers first.
        headers: dict[object, object] = carrier  # pyright: ignore[reportUnknownVariableType]  # any dict
        foreign, own = self._names.foreign, self._names.own
        ids: object = _NOTHING
        for name in headers:  # noqa: PLC0206 - no pair for each foreign header
            if name in foreign:
                continue
            if own.get(name) is not _TRACE_ID or ids is not _NOTHING:
                return self._read_all(headers)
            ids = headers[name]
        if ids is _NOTHING:
            return None
        trace_id, span_id, parent_id, flags = _read_ids(ids, self.url_encoding)
        return SpanContext(trace_id, span_id, parent_id, flags)

    def _read_all(self, carrier: object) -> SpanContext | None:
        ids = debug_id = None
        baggage = BaggageBox(self._losses)
        for header, value in self._names.own_headers(carrier):
            if header is _TRACE_ID:
                ids = _read_ids(value, self.url_encoding)
            elif header is _DEBUG_ID:
                debug_id = self._debug_id(value)
            elif header is _BAGGAGE_LIST:
                self._read_list(value, baggage)
            else:
                self._read_item(header.key, value, baggage)
        items = baggage.close()
        if ids is not None:
            return SpanContext(*ids, items, debug_id)
        if not items and not debug_id:
            return None
        return SpanContext(None, None, None, None, items, debug_id)  # type: ignore[arg-type]  # no trace, no ids

    def _meaning(self, name: str) -> Header | None:
        if name == self.trace_id_header:
            return _TRACE_ID
        if name.startswith(self.baggage_prefix):
            return Header(_BAGGAGE, name[self.prefix_length :])
        if name == self.debug_id_header:
            return _DEBUG_ID
        return _BAGGAGE_LIST if name == self.baggage_header else None

    def _debug_id(self, value: object) -> str | None:
        text = readable(value)
        if not isinstance(text, str):
            return None if text is None else str(text)
        text = text[:MAX_DEBUG_ID_LENGTH]
        return percent_decoded(text) if self.url_encoding else text

    def _read_item(self, key: str, value: object, baggage: BaggageBox) -> None:
        text = value if type(value) is str else readable(value)
        if text is None or (isinstance(text, str) and is_too_long(text)):
            baggage.drop()
            return
        if self.url_encoding and isinstance(text, str):
            # The Go and Java clients write a blank as a plus.
            text = percent_decoded(text, plus=True)
        baggage.add(key, text)

    def _read_list(self, value: object, baggage: BaggageBox) -> None:
        text = text_of(value)
        if text is None or is_too_long(text):
            baggage.drop()
            return
        if self.url_encoding:
            text = percent_decoded(text)
        for item in text.split(","):
            parts = item.strip().split("=")
            if len(parts) == 2:  # noqa: PLR2004 - a key and a value
                baggage.add(*parts)

    def _write_debug_id(self, span_context: SpanContext, carrier: object) -> None:
        if span_context.debug_id is not None:
            debug_id = self._outgoing(span_context.debug_id)
            writable(carrier)[self.debug_id_header] = debug_id

    def _outgoing(self, value: object) -> object:
        if self.url_encoding:
            return percent_encoded(value)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _header_name(configured: str) -> str:
    return configured.lower().replace("_", "-")


def span_context_to_string(
    trace_id: int,
    span_id: int,
    parent_id: int | None,
    flags: int,
) -> str:
    """Return the value of `uber-trace-id`: four numbers in hexadecimal."""
    return f"{trace_id:x}:{span_id:x}:{parent_id or 0:x}:{flags:x}"


def span_context_from_string(value: object) -> Ids:
    """
    Return trace id, span id, parent id and flags of an `uber-trace-id` value.

    Of the flags the lowest 31 bits are kept.

    Raises:
        CorruptContextError: If *value*, text or a list of one text, is none.
    """
    text = sole(value)
    if not isinstance(text, str):
        raise _corrupt(value)
    return _read_ids(text, decode=False)


def _read_ids(value: object, decode: bool) -> Ids:  # noqa: FBT001 - 0.05 us less
    # All that int() takes besides digits (signs, 0x, underscores, digits of other
    # scripts) is ruled out by what is left without the digits: as sure as a
    # regular expression, and no slower than the cheapest one.
    if (
        type(value) is str
        and value.isascii()
        and value.encode().translate(None, _HEX_DIGITS) == b":::"
    ):
        text = value
    else:
        text = _tidied(value, decode=decode)
    trace, span, parent, flags = text.split(":")
    try:
        trace_id, span_id, parent_id = int(trace, 16), int(span, 16), int(parent, 16)
        bits = _USUAL_FLAGS.get(flags)
        if bits is None:
            bits = int(flags, 16) & _FLAGS_MASK
    except ValueError as exc:  # nothing between two colons
        raise _corrupt(value) from exc
    if (
        0 < trace_id <= _MAX_TRACE_ID
        and 0 < span_id <= _MAX_SPAN_ID
        and parent_id <= _MAX_SPAN_ID
    ):
        return trace_id, span_id, parent_id or None, bits
    raise _corrupt(value)


def _tidied(value: object, *, decode: bool) -> str:
    """Return *value* as four hexadecimal numbers, if that is what it stands for."""
    text = text_of(value)
    if text is None:
        raise _corrupt(value)
    if decode and len(text) <= _MAX_ENCODED_LENGTH:
        text = percent_decoded(text)
    text = ":".join(part.strip() for part in text.split(":"))
    if text.isascii() and text.encode().translate(None, _HEX_DIGITS) == b":::":
        return text
    raise _corrupt(value)


def _corrupt(value: object) -> CorruptContextError:
    return CorruptContextError(f"{_FORMAT} is needed, got {shown(value)}")
