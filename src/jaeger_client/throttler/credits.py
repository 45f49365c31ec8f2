"""
The credits a server can answer with: its JSON in, frozen values out.

Pure: no I/O and no state. Whatever comes in, what comes out can be added to a
balance, or is a `CreditsError`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import shown
from jaeger_client.errors import CreditsError


class Balance(Frozen):
    """Credits that the agent adds to those of *operation*."""

    operation: str
    credits: float


def parse_credits(body: object) -> tuple[Balance, ...] | None:
    """
    Read the agent's answer; `None` if it knows no credits.

    Jaeger 2 answers the question for credits with a sampling strategy, so an
    object without `balances` is no error but such a server.

    Raises:
        CreditsError: If *body* is no JSON object, or a balance no number.
    """
    answer = _decode(body)
    if not _is_object(answer):
        msg = f"throttling credits must be a JSON object, got {shown(answer)}"
        raise CreditsError(msg)
    if "balances" not in answer:
        return None
    # An empty list is written as null by servers in Go.
    listed = answer["balances"] or ()
    if not _is_list(listed):
        msg = f"balances must be a list, got {shown(listed)}"
        raise CreditsError(msg)
    return tuple(_balance(entry) for entry in listed)


def _decode(body: object) -> object:
    if not isinstance(body, (bytes, bytearray, str)):
        msg = f"throttling credits must be JSON in bytes, got {type(body).__name__}"
        raise CreditsError(msg)
    # 2 ms, which a start without an answer need not take. This is the background
    # thread; see the module `fork`.
    with forks_wait():
        import json  # noqa: PLC0415

    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        msg = f"throttling credits must be JSON, got {shown(body)}: {exc}"
        raise CreditsError(msg) from exc


def _balance(entry: object) -> Balance:
    match entry:
        case {
            "operation": str() as operation,
            "balance": (int() | float()) as balance,
        } if 0 <= balance <= sys.float_info.max and not isinstance(balance, bool):
            # Whole numbers of JSON may add up to one that fits no float.
            return Balance(operation, float(balance))
        case _:
            msg = (
                "balances must hold an operation and a number from 0 up, "
                f"got {shown(entry)}"
            )
            raise CreditsError(msg)


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (list, tuple))
