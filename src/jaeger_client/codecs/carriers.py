"""
Carriers of headers other than dicts: lists of pairs, objects with their own methods.

    carrier                                        extract   inject
    dict or other mapping                          yes       if it can be changed
    object with items(): `http.client`, wsgiref,
      werkzeug, multidict, `grpc.aio.Metadata`     yes       by __setitem__() or add()
    list of pairs: Kafka, ASGI, gRPC               yes       yes
    tuple or other collection of pairs: gRPC       yes       no

Names and values are text or bytes. The pairs that are added to a list are of the types
of its first pair. In an empty list they are text and bytes, which is what Kafka's
clients require and gRPC accepts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Protocol, TypeAlias, TypeGuard, cast

from jaeger_client._internal.shown import shown
from jaeger_client.codecs.base import Headers, is_writable
from jaeger_client.errors import InvalidCarrierError

_PAIR: Final = 2
"""Number of elements of a pair."""

Pair: TypeAlias = "tuple[object, object] | list[object]"


class _Settable(Protocol):
    """Headers that are set one by one, with more than one of a name or not."""

    def __contains__(self, name: str, /) -> bool: ...

    def __delitem__(self, name: str, /) -> None: ...

    def __setitem__(self, name: str, value: str, /) -> None: ...


class _Addable(Protocol):
    """Headers that can only be added to."""

    def add(self, name: str, value: str, /) -> object: ...


def header_writer(carrier: object) -> Headers:
    """
    Return *carrier*, or an object that writes to it, for a codec to set headers.

    A header that is set replaces earlier ones of the same name, unless the carrier can
    only be added to.

    Raises:
        InvalidCarrierError: If headers cannot be written to *carrier*.
    """
    # Nearly every carrier is a dict; a check against an ABC takes several times longer.
    if type(carrier) is dict or is_writable(carrier):
        return carrier  # pyright: ignore[reportUnknownVariableType]  # any dict
    if isinstance(carrier, list):
        return _PairWriter(cast("list[object]", carrier))
    if callable(getattr(carrier, "__setitem__", None)):
        return _SettingWriter(cast("_Settable", carrier))
    if callable(getattr(carrier, "add", None)):
        return _AddingWriter(cast("_Addable", carrier))
    got = type(carrier).__name__
    if got == "tuple":
        got = "tuple, which cannot be changed; inject into a list, and convert that"
    msg = (
        "the carrier must be a dict, a mutable mapping, a list of pairs, or have "
        f"__setitem__() or add(), got {got}"
    )
    raise InvalidCarrierError(msg)


class _PairWriter:
    """Writes to a list of pairs of name and value."""

    def __init__(self, pairs: list[object]) -> None:
        self._pairs = pairs
        self._names = {_name_of(pair) for pair in pairs_in(pairs)}
        first = next(pairs_in(pairs), ("", b""))
        self._has_bytes_names = isinstance(first[0], bytes)
        self._has_bytes_values = not isinstance(first[1], str)

    def __setitem__(self, name: str, value: object, /) -> None:
        known = name.lower()
        if known in self._names:
            kept = [pair for pair in pairs_in(self._pairs) if _name_of(pair) != known]
            self._pairs[:] = kept
        self._names.add(known)
        text = str(value)
        self._pairs.append(
            (
                # ASGI and HTTP/2, which have such names, require lower case.
                known.encode() if self._has_bytes_names else name,
                text.encode("utf-8", "replace") if self._has_bytes_values else text,
            )
        )


class _SettingWriter:
    """Writes to an object with `__setitem__`, which may add or replace."""

    def __init__(self, carrier: _Settable) -> None:
        self._carrier = carrier

    def __setitem__(self, name: str, value: object, /) -> None:
        carrier = self._carrier
        try:
            # `email.message.Message`, the class of `http.client`, adds a second one.
            if name in carrier:
                del carrier[name]
            carrier[name] = str(value)
        except Exception as exc:
            raise _refused(carrier, exc) from exc


class _AddingWriter:
    """Writes to an object with `add`."""

    def __init__(self, carrier: _Addable) -> None:
        self._carrier = carrier

    def __setitem__(self, name: str, value: object, /) -> None:
        try:
            self._carrier.add(name, str(value))
        except Exception as exc:
            raise _refused(self._carrier, exc) from exc


def _refused(carrier: object, error: Exception) -> InvalidCarrierError:
    return InvalidCarrierError(
        "the carrier must accept headers by __setitem__(name, value) or "
        f"add(name, value), got {type(carrier).__name__}, which raised {shown(error)}"
    )


def is_collection(carrier: object) -> TypeGuard[Collection[object]]:
    """Return whether *carrier* may contain pairs, and can be iterated repeatedly."""
    return isinstance(carrier, Collection) and not isinstance(
        carrier, (str, bytes, bytearray)
    )


def pairs_in(carrier: Collection[object]) -> Iterator[Pair]:
    """
    Yield the elements of *carrier*, each of which must be a pair.

    Raises:
        InvalidCarrierError: If one is not.
    """
    for pair in carrier:
        if not _is_pair(pair):
            msg = (
                f"a {type(carrier).__name__} as carrier must contain pairs of name "
                f"and value, got the element {shown(pair)}"
            )
            raise InvalidCarrierError(msg)
        yield pair


def headers_in(carrier: Collection[object]) -> Iterator[tuple[object, object]]:
    """Yield name and value of each pair in *carrier*, with names as text."""
    for name, value in pairs_in(carrier):
        yield _as_text(name), value


def _is_pair(pair: object) -> TypeGuard[Pair]:
    return isinstance(pair, (tuple, list)) and len(cast("Pair", pair)) == _PAIR


def _name_of(pair: Pair) -> object:
    """Return the name of *pair* in lower case, an empty one if it is no text."""
    name = _as_text(pair[0])
    return name.lower() if isinstance(name, str) else ""


def _as_text(name: object) -> object:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name
