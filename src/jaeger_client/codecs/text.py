"""
Jaeger's own headers ("Propagation Format" in its documentation).

All names are configurable:

    uber-trace-id: {trace}:{span}:{parent}:{flags}   in hexadecimal; parent 0 for a root
    uberctx-{key}: value                             an item of baggage
    jaeger-baggage: key=value, key=value             baggage that is set by hand
    jaeger-debug-id: text                            requests a debug trace

The same codec serves TEXT_MAP, which leaves values as they are, and HTTP_HEADERS, which
percent-encodes baggage and decodes all it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.shown import shown
from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs.baggage import (
    MAX_DEBUG_ID_LENGTH,
    BaggageCodec,
    breaks_lines,
    plain_value,
    text_map_value,
)
from jaeger_client.codecs.base import Headers, context_of, without_trace
from jaeger_client.codecs.carriers import header_writer
from jaeger_client.codecs.headers import (
    HEADER_NAME,
    Header,
    HeaderNames,
    is_metadata_key,
    is_token,
)
from jaeger_client.codecs.items import (
    DEFAULT_LIMITS,
    BaggageLimits,
    Item,
    text_or_number,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_ID_HEADER_KEY,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import ConfigError
from jaeger_client.span_context import NO_BAGGAGE, SpanContext

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client.codecs.headers import (
        own_headers,
        percent_decoded,
        percent_encoded,
        plus_decoded,
    )
    from jaeger_client.codecs.items import header_value
    from jaeger_client.codecs.trace_id import ids_text, read_context
else:
    from jaeger_client._native.headers import (
        adopt_text_codec,
        header_value,
        ids_text,
        own_headers,
        percent_decoded,
        percent_encoded,
        plus_decoded,
        read_context,
    )

_TRACE_ID: Final = Header("trace id")
_DEBUG_ID: Final = Header("debug id")
BAGGAGE_LIST: Final = Header("baggage list")
"""The header with a list of baggage items."""
_BAGGAGE: Final = "baggage"


class TextCodec(BaggageCodec):
    """
    Jaeger's headers. The case of names is ignored.

    In a configured name, `_` is replaced by `-`, as in 4.8.
    """

    def __init__(
        self,
        url_encoding: bool = False,  # noqa: FBT001, FBT002 - the signature of 4.8
        trace_id_header: str = TRACE_ID_HEADER,
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        baggage_header: str = BAGGAGE_HEADER_KEY,
        *,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
        lower_case_headers: bool = False,
    ) -> None:
        """
        Create a codec with these header names.

        Raises:
            ConfigError: If a name cannot be that of an HTTP header.
        """
        super().__init__(baggage_limits, lower_case_headers=lower_case_headers)
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
        self._names = HeaderNames(self._meaning)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """
        Write *span_context* into *carrier*; see `carriers` for its types.

        Of a context without a trace, the debug id and the baggage are written.
        """
        headers: Headers
        # A single check for nearly every carrier: 0.1 us less than the call.
        headers = carrier if type(carrier) is dict else header_writer(carrier)  # pyright: ignore[reportUnknownVariableType]  # any dict
        context = span_context
        if type(context) is not SpanContext:
            context = context_of(context)
        try:
            headers[self.trace_id_header] = ids_text(context)
        except TypeError:  # without a trace the ids are None
            if context.has_trace:
                raise
            if context.debug_id is not None:
                self._write_debug_id(context.debug_id, headers)  # pyright: ignore[reportUnknownArgumentType]  # any dict
        if context.baggage:
            self._write_baggage(context.baggage, headers)  # pyright: ignore[reportUnknownArgumentType]  # any dict

    def extract(self, carrier: object) -> SpanContext | None:
        """
        Return the context in *carrier*; see `carriers` for its types.

        A context without a trace may contain baggage or a debug id.
        """
        own = own_headers(self._names, carrier)
        if not own:
            return None
        header, value = own[0]
        # Nearly every request has ids alone: 0.6 us less.
        if header is _TRACE_ID and len(own) == 1:
            return read_context(value, self.url_encoding)
        return self._context_in(own)

    def _context_in(self, own: Iterable[tuple[Header, object]]) -> SpanContext | None:
        context: SpanContext | None = None
        debug_id: str | None = None
        baggage: list[tuple[Header, object]] = []
        for header, value in own:
            if header is _TRACE_ID:
                context = read_context(value, self.url_encoding)
            elif header is _DEBUG_ID:
                debug_id = self._debug_id(value)
            else:
                baggage.append((header, value))
        items = self._incoming(self._items_of(baggage)) if baggage else NO_BAGGAGE
        if context is None:
            if not items and not debug_id:
                return None
            return without_trace(items, debug_id=debug_id)
        context.baggage = items or NO_BAGGAGE
        context.debug_id = debug_id
        return context

    def _items_of(self, headers: Iterable[tuple[Header, object]]) -> Iterator[Item]:
        # The Go and Java clients write a blank in baggage as a plus.
        decode = plus_decoded if self.url_encoding else str
        for header, value in headers:
            if header is BAGGAGE_LIST:
                yield from self._listed_items(value)
            else:
                yield header.key, header_value(value, decode, self.baggage_limits)

    def _listed_items(self, value: object) -> Iterator[Item]:
        decode = percent_decoded if self.url_encoding else str
        text = header_value(value, decode, self.baggage_limits)
        if not isinstance(text, str):
            yield "", None
            return
        for item in text.split(","):
            key, equals, item_value = item.strip().partition("=")
            if key or equals:
                yield key, item_value if equals else None

    def _meaning(self, name: str) -> Header | None:
        if name == self.trace_id_header:
            return _TRACE_ID
        if name.startswith(self.baggage_prefix):
            return Header(_BAGGAGE, name[self.prefix_length :])
        if name == self.debug_id_header:
            return _DEBUG_ID
        return BAGGAGE_LIST if name == self.baggage_header else None

    def _debug_id(self, value: object) -> str | None:
        text = text_or_number(value)
        if not isinstance(text, str):
            return None if text is None else str(text)
        text = text[:MAX_DEBUG_ID_LENGTH]
        return percent_decoded(text) if self.url_encoding else text

    def _can_write_key(self, key: str) -> bool:
        """Return whether *key* gives a valid name that no other of our headers has."""
        name = self.baggage_prefix + key
        if name.lower() in {
            self.trace_id_header,
            self.debug_id_header,
            self.baggage_header,
        }:
            return False
        if self.lower_case_headers:
            return is_metadata_key(name)
        if self.url_encoding:
            return is_token(name)
        return bool(name) and not breaks_lines(name)

    def _write_baggage(self, baggage: Mapping[str, str], headers: Headers) -> None:
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
                self._drop_unsafe(f"baggage item {shown(key)}")
            else:
                headers[prefix + key] = text

    def _write_debug_id(self, debug_id: object, headers: Headers) -> None:
        value = plain_value(debug_id)
        if value is not None:
            encode = percent_encoded if self.url_encoding else text_map_value
            value = encode(value)
        if value is None:
            self._drop_unsafe("debug id")
        else:
            headers[self.debug_id_header] = value


def _header_name(setting: str, configured: object) -> str:
    if isinstance(configured, str) and is_token(configured):
        return configured.lower().replace("_", "-")
    msg = f"{setting} must be {HEADER_NAME}, got {shown(configured)}"
    raise ConfigError(msg)


if IS_COMPILED and not TYPE_CHECKING:
    # Both methods have compiled versions, which call them in unusual cases.
    adopt_text_codec(TextCodec)
