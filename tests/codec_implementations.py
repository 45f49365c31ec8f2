"""The functions of codecs in both implementations, and a switch between them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import pytest

from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs import (
    b3,
    baggage,
    headers,
    items,
    text,
    trace_id,
    traceparent,
    w3c,
)

Functions: TypeAlias = dict[str, Callable[..., Any]]

TWINS: Final[Functions] = {
    "bounded": items.bounded,
    "can_be_sent": items.can_be_sent,
    "header_value": items.header_value,
    "id_texts": trace_id.id_texts,
    "ids_text": trace_id.ids_text,
    "own_headers": headers.own_headers,
    "percent_decoded": headers.percent_decoded,
    "percent_encoded": headers.percent_encoded,
    "plus_decoded": headers.plus_decoded,
    "read_context": trace_id.read_context,
    "read_fields": trace_id.read_fields,
    "read_parent": traceparent.read_parent,
}

IMPLEMENTATIONS: Final[dict[str, Functions]] = {"python": TWINS}
METHODS: Final[dict[str, Functions]] = {"python": {}}
"""The methods of `TextCodec` that exist in both implementations."""

if IS_COMPILED:
    from jaeger_client._native import headers as compiled

    IMPLEMENTATIONS["compiled"] = {name: getattr(compiled, name) for name in TWINS}
    for name in ("inject", "extract"):
        METHODS.setdefault("compiled", {})[name] = vars(text.TextCodec)[name]
        METHODS["python"][name] = vars(text.TextCodec)[name].__wrapped__


@contextmanager
def codecs_use(implementation: str) -> Generator[None]:
    """Make all codecs use an implementation, those that exist already, too."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (b3, baggage, text, w3c):
            for name, function in IMPLEMENTATIONS[implementation].items():
                if hasattr(module, name):
                    patch.setattr(module, name, function)
        for name, method in METHODS[implementation].items():
            patch.setattr(text.TextCodec, name, method)
        yield
