"""
The headers of every Jaeger client: `uber-trace-id`, `uberctx-*` and two more.

The same codec serves TEXT_MAP, which leaves values alone, and HTTP_HEADERS,
which percent-encodes baggage and decodes all it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Final

from jaeger_client.codecs.baggage import (
    DEFAULT_LIMITS,
    MAX_DEBUG_ID_LENGTH,
    BaggageBox,
    BaggageCodec,
    BaggageLimits,
    breaks_lines,
    percent_decoded,
    percent_encoded,
    plain_value,
    readable,
    text_map_value,
)
from jaeger_client.codecs.base import context_of, shown, text_of, writable
from jaeger_client.codecs.headers import HEADER_NAME, Header, HeaderNames, is_token
from jaeger_client.codecs.trace_id import (
    read_context,
    read_ids,
    span_context_from_string,
    span_context_to_string,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_ID_HEADER_KEY,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import ConfigError
from jaeger_client.span_context import SpanContext

__all__ = ["TextCodec", "span_context_from_string", "span_context_to_string"]

_TRACE_ID: Final = Header("trace id")
_DEBUG_ID: Final = Header("debug id")
_BAGGAGE_LIST: Final = Header("baggage list")
_BAGGAGE: Final = "baggage"
_NOTHING: Final = object()


class TextCodec(BaggageCodec):
    """Jaeger's own headers; case does not matter, `_` in a configured name is `-`."""

    def __init__(
        self,
        url_encoding: bool = False,  # noqa: FBT001, FBT002 - the signature of 4.8
        trace_id_header: str = TRACE_ID_HEADER,
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        baggage_header: str = BAGGAGE_HEADER_KEY,
        *,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
    ) -> None:
        """
        Make a codec of the given header names.

        Raises:
            ConfigError: If a name cannot be that of an HTTP header.
        """
        super().__init__(baggage_limits)
        self.url_encoding = url_encoding
        self.trace_id_header = _header_name("trace_id_header", trace_id_header)
        # With an empty prefix every other header is baggage, as in 4.8.
        self.baggage_prefix = (
            _header_name("baggage_header_prefix", baggage_header_prefix)
            if baggage_header_prefix != ""
            else ""
        )
        self.debug_id_header = _header_name("debug_id_header", debug_id_header)
        self.baggage_header = _header_name("baggage_header", baggage_header)
        self.prefix_length = len(self.baggage_prefix)
        # As HTTP/2 and ASGI spell it, and as WSGI's wrappers do.
        self._spelling = self.trace_id_header
        self._title = self.trace_id_header.title()
        self._names = HeaderNames(self._meaning, (self._spelling, self._title))

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """
        Write *span_context* into *carrier*, a dict or other mutable mapping.

        A context without trace writes the baggage or debug id that it has.
        """
        headers: MutableMapping[str, object]
        # One question for what nearly always comes, 0.1 us less than writable().
        headers = carrier if type(carrier) is dict else writable(carrier)  # pyright: ignore[reportUnknownVariableType]  # any dict
        try:
            debug_id = span_context.debug_id
        except AttributeError:
            # A span. A check of its type would make every call 2 % dearer.
            span_context = context_of(span_context)
            debug_id = span_context.debug_id
        parent_id = span_context.parent_id
        try:
            # Half the time of an f-string: 0.3 instead of 0.6 us.
            headers[self.trace_id_header] = (
                "%x:%x:%x:%x"  # noqa: UP031 - above
                % (
                    span_context.trace_id,
                    span_context.span_id,
                    parent_id,
                    span_context.flags,
                )
                if parent_id
                else "%x:%x:0:%x"  # noqa: UP031 - above
                % (span_context.trace_id, span_context.span_id, span_context.flags)
            )
        except TypeError:  # without a trace the ids are None
            if span_context.has_trace:
                raise
            if debug_id is not None:
                self._write_debug_id(debug_id, headers)  # pyright: ignore[reportUnknownArgumentType]  # any dict
        if span_context.baggage:
            self._write_baggage(span_context.baggage, headers)  # pyright: ignore[reportUnknownArgumentType]  # any dict

    def extract(self, carrier: object) -> SpanContext | None:
        """
        Return the context in *carrier*, anything that has `items()`.

        Without trace, it may still hold baggage or a debug id.
        """
        # What nearly every request has of ours is the ids alone, under one of two
        # names. Asking for just that is 0.3 us less than a loop over the headers.
        if type(carrier) is dict and self._names.passed.issuperset(carrier):  # pyright: ignore[reportUnknownArgumentType]  # any dict
            headers: dict[object, object] = carrier  # pyright: ignore[reportUnknownVariableType]  # any dict
            value = headers.get(self._spelling, _NOTHING)
            if value is _NOTHING:
                value = headers.get(self._title, _NOTHING)
                if value is _NOTHING:
                    return None
                return read_context(value, self.url_encoding)
            if self._title not in headers:
                return read_context(value, self.url_encoding)
        return self._read_usual(carrier)  # pyright: ignore[reportUnknownArgumentType]  # any dict

    def _read_usual(self, carrier: object) -> SpanContext | None:
        """Read a trace id and baggage of plain text; leave all else to the other."""
        if type(carrier) is not dict:
            return self._read_all(carrier)
        headers: dict[object, object] = carrier  # pyright: ignore[reportUnknownVariableType]  # any dict
        foreign, own, decode = self._names.foreign, self._names.own, self.url_encoding
        ids: object = _NOTHING
        items: dict[str, str] = {}
        limits = self.baggage_limits
        room, longest = limits.max_size, limits.max_value_length
        for name in headers:  # noqa: PLC0206 - no pair for each foreign header
            if name in foreign:
                continue
            header, value = own.get(name), headers[name]
            if header is _TRACE_ID and ids is _NOTHING:
                ids = value
            # Decoded, a value is no longer; of plain text alone its length is known.
            elif (
                header
                and header.key
                and type(value) is str
                and len(value) <= longest
                and value.isascii()
            ):
                if decode and ("%" in value or "+" in value):
                    value = percent_decoded(value, plus=True)
                items[header.key] = value
                room -= len(header.key) + len(value)
            else:
                return self._read_all(headers)
        if ids is _NOTHING or room < 0 or len(items) >= limits.max_items:
            return self._read_all(headers)
        return read_context(ids, decode, items)

    def _read_all(self, carrier: object) -> SpanContext | None:
        ids = debug_id = None
        baggage = self._box()
        for header, value in self._names.own_headers(carrier):
            if header is _TRACE_ID:
                ids = read_ids(value, decode=self.url_encoding)
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
        too_long = self.baggage_limits.is_too_long
        if text is None or (isinstance(text, str) and too_long(text)):
            baggage.drop()
            return
        if self.url_encoding and isinstance(text, str):
            # The Go and Java clients write a blank as a plus.
            text = percent_decoded(text, plus=True)
        baggage.add(key, text)

    def _read_list(self, value: object, baggage: BaggageBox) -> None:
        text = text_of(value)
        if text is None or self.baggage_limits.is_too_long(text):
            baggage.drop()
            return
        if self.url_encoding:
            text = percent_decoded(text)
        for item in text.split(","):
            key, equals, value = item.strip().partition("=")
            if equals:
                baggage.add(key, value)
            elif key:
                baggage.drop()

    def _can_write_key(self, key: str) -> bool:
        """Whether an item of *key* can be injected, and replaces no header of ours."""
        name = self.baggage_prefix + key
        own = (self.trace_id_header, self.debug_id_header, self.baggage_header)
        if name.lower() in own:
            return False
        if self.url_encoding:
            return is_token(name)
        return bool(name) and not breaks_lines(name)

    def _write_baggage(
        self,
        baggage: Mapping[str, str],
        headers: MutableMapping[str, object],
    ) -> None:
        prefix, encode = self.baggage_prefix, self.url_encoding
        for key, value in self._outgoing(baggage).items():
            text: object = value
            if encode:
                text = percent_encoded(value)
            # Most values are plain ASCII: 0.1 us less than the call.
            elif type(value) is not str or not (
                value.isascii() and value.isprintable()
            ):
                text = text_map_value(value)
            if text is None:
                self._losses.add_unsafe_item(key)
            else:
                headers[prefix + key] = text

    def _write_debug_id(
        self, debug_id: object, headers: MutableMapping[str, object]
    ) -> None:
        value = plain_value(debug_id)
        if value is not None:
            encode = percent_encoded if self.url_encoding else text_map_value
            value = encode(value)
        if value is None:
            self._losses.add_unsafe("debug id")
        else:
            headers[self.debug_id_header] = value


def _header_name(setting: str, configured: object) -> str:
    if isinstance(configured, str) and is_token(configured):
        return configured.lower().replace("_", "-")
    msg = f"{setting} must be {HEADER_NAME}, got {shown(configured)}"
    raise ConfigError(msg)
