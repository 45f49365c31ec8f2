"""
Formats by name: what `propagation` and `JAEGER_PROPAGATION` may list.

Those of this library stand here from the start; an application adds its own by
`register_codec`. There is one register a process, for names in the environment mean
the same to all its tracers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from jaeger_client._internal.frozen import Frozen
from jaeger_client.codecs.baggage import DEFAULT_LIMITS, BaggageLimits
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_ID_HEADER_KEY,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import ConfigError

if TYPE_CHECKING:
    from jaeger_client.codecs.base import Codec

BUILT_IN: Final = ("jaeger", "b3", "b3single", "w3c")
"""The formats of this library."""


class CodecOptions(Frozen):
    """What the settings say to a codec."""

    url_encoding: bool = True
    """Whether values are percent-encoded, as in HTTP headers and not in text maps."""
    generate_128bit_trace_id: bool = False
    trace_id_header: str = TRACE_ID_HEADER
    baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX
    debug_id_header: str = DEBUG_ID_HEADER_KEY
    baggage_header: str = BAGGAGE_HEADER_KEY
    baggage_limits: BaggageLimits = DEFAULT_LIMITS


MakeCodec: TypeAlias = Callable[[CodecOptions], "Codec"]
"""Makes the codec of a format; called once for each tracer and kind of carrier."""


def register_codec(name: str, make: MakeCodec, *, replace: bool = False) -> None:
    """
    Let `propagation` and `JAEGER_PROPAGATION` know a format of the application's.

    May be called from any thread, before the tracer is made.

    Args:
        name: The format's name, in any case: letters, digits, `_`, `-` and `.`.
        make: Makes its codec from the settings.
        replace: Whether it may take the place of another of that name.

    Raises:
        ConfigError: If the name is no name, or is taken.
    """
    known = name.strip().lower()
    if not known or not set(known) <= _IN_NAMES:
        msg = (
            "the name of a format must be letters, digits, _, - and . of ASCII, "
            f"got {name!r}"
        )
        raise ConfigError(msg)
    if replace and known not in BUILT_IN:
        _OWN[known] = make
        return
    # setdefault(), so that of two threads with one name only one succeeds.
    taken = known in BUILT_IN or known in _OWN
    if taken or _OWN.setdefault(known, make) is not make:
        msg = f"the name of a format must be new, got {name!r}, which is taken"
        raise ConfigError(msg)


def codec_names() -> tuple[str, ...]:
    """Return the names of all formats, those of this library first."""
    return (*BUILT_IN, *_OWN)


def make_codec(name: str, options: CodecOptions) -> Codec:
    """
    Return a codec of the format *name*.

    Raises:
        ConfigError: If there is no such format.
    """
    make = _OWN.get(name) or _BUILT_IN.get(name)
    if make is None:
        msg = f"a format must be one of {', '.join(codec_names())}, got {name!r}"
        raise ConfigError(msg)
    return make(options)


# Imported when they are asked for: b3 and w3c take 2 ms of a start.


def _jaeger(options: CodecOptions) -> Codec:
    from jaeger_client.codecs.text import TextCodec  # noqa: PLC0415 - see above

    return TextCodec(
        url_encoding=options.url_encoding,
        trace_id_header=options.trace_id_header,
        baggage_header_prefix=options.baggage_header_prefix,
        debug_id_header=options.debug_id_header,
        baggage_header=options.baggage_header,
        baggage_limits=options.baggage_limits,
    )


def _b3(options: CodecOptions) -> Codec:
    from jaeger_client.codecs.b3 import B3Codec  # noqa: PLC0415 - see above

    return B3Codec(
        options.generate_128bit_trace_id, baggage_limits=options.baggage_limits
    )


def _b3_single(options: CodecOptions) -> Codec:
    from jaeger_client.codecs.b3_single import B3SingleCodec  # noqa: PLC0415 - see above

    return B3SingleCodec(
        options.generate_128bit_trace_id, baggage_limits=options.baggage_limits
    )


def _w3c(options: CodecOptions) -> Codec:
    from jaeger_client.codecs.w3c import W3CCodec  # noqa: PLC0415 - see above

    return W3CCodec(baggage_limits=options.baggage_limits)


_BUILT_IN: Final[dict[str, MakeCodec]] = dict(
    zip(BUILT_IN, (_jaeger, _b3, _b3_single, _w3c), strict=True)
)
_OWN: Final[dict[str, MakeCodec]] = {}
"""The formats of the application, by their names."""

_IN_NAMES: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
