"""Helpers for tests of what several threads do at the same time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

TIMEOUT = 30.0
"""Seconds after which a thread that has not ended fails the test."""


def run_together(*functions: Callable[[], object], timeout: float = TIMEOUT) -> None:
    """
    Run each function in a thread of its own, all at once; raise what one raises.

    Meanwhile the interpreter switches threads as often as it can.
    """
    begin = threading.Barrier(len(functions))
    errors: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        try:
            begin.wait(timeout)
            function()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=(each,), daemon=True) for each in functions
    ]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
    finally:
        sys.setswitchinterval(before)
    if errors:
        raise errors[0]
    hung = [thread.name for thread in threads if thread.is_alive()]
    assert not hung, f"threads that did not end: {hung}"
