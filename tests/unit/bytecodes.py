"""
Runs code at a chosen bytecode of another call, as a signal handler would.

Signal handlers run between two bytecodes of the main thread, and threads are switched
there. At which of them depends on the version of Python (see `signal_safe`). A test
that goes through all of them covers every version.

Only bytecodes of `jaeger_client`, or of files that the test chooses, are counted, on
the calling thread. Python up to 3.11 traces them by `sys.settrace`; from 3.12 on, by
`sys.monitoring`, because a frame that requests opcode events when it is entered gets
none there.
"""

from __future__ import annotations

import dis
import functools
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jaeger_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

PACKAGE: Final = str(Path(jaeger_client.__file__).parent)
"""What the names of the package's files begin with."""

_TOOL: Final = 4
"""A tool id of `sys.monitoring` that no debugger, coverage tool or profiler uses."""


class _Countdown:
    """Calls *action* once, before the *at*-th bytecode."""

    def __init__(
        self,
        at: int,
        action: Callable[[], object],
        counted: tuple[str, ...],
    ) -> None:
        self.counted = counted
        """What the names of the files begin with whose bytecodes are counted."""
        self._left = at
        self._action = action
        self._thread = threading.get_ident()
        self.place = ""
        """The function and line where *action* was called; empty before."""

    def step(self, code: CodeType, line: Callable[[], int | None]) -> None:
        if threading.get_ident() != self._thread or self.place:
            return
        self._left -= 1
        if not self._left:
            self.place = f"{Path(code.co_filename).name}:{line()}, {code.co_name}()"
            self._action()


def call_at(
    at: int,
    action: Callable[[], object],
    operation: Callable[[], object],
    *,
    counted: tuple[str, ...] = (PACKAGE,),
) -> str:
    """
    Call *operation*, and *action* before its *at*-th bytecode, counted from 1.

    Returns the place where *action* was called, or "" if *operation* has fewer
    bytecodes. A KeyboardInterrupt that *action* raises ends *operation*. Bytecodes of
    the files count whose names begin with one of *counted*.
    """
    countdown = _Countdown(at, action, counted)
    with suppress(KeyboardInterrupt):
        _trace(countdown, operation)
    return countdown.place


def interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


def every_place(run: Callable[[int], str]) -> Iterator[str]:
    """Call *run* with 1, 2, 3, ...; yield its results up to the first empty one."""
    at = 1
    while place := run(at):
        yield place
        at += 1


if sys.version_info >= (3, 12):

    def _trace(countdown: _Countdown, operation: Callable[[], object]) -> None:
        monitoring, events = sys.monitoring, sys.monitoring.events
        watched: dict[CodeType, set[int]] = {}

        def enter(code: CodeType, offset: int) -> object:
            if code.co_filename.startswith(countdown.counted):
                watched[code] = _uninterrupted(code)
                # Another thread may be here when the operation has ended.
                with suppress(ValueError):
                    monitoring.set_local_events(_TOOL, code, events.INSTRUCTION)
            # No more events of this function.
            return monitoring.DISABLE

        def step(code: CodeType, offset: int) -> None:
            if offset not in watched.get(code, ()):
                countdown.step(code, lambda: _line_of(code, offset))

        monitoring.use_tool_id(_TOOL, "bytecodes of jaeger_client")
        monitoring.register_callback(_TOOL, events.PY_START, enter)
        monitoring.register_callback(_TOOL, events.INSTRUCTION, step)
        monitoring.restart_events()
        monitoring.set_events(_TOOL, events.PY_START)
        try:
            operation()
        finally:
            monitoring.set_events(_TOOL, 0)
            for code in [*watched]:
                monitoring.set_local_events(_TOOL, code, 0)
            monitoring.free_tool_id(_TOOL)

    @functools.cache
    def _uninterrupted(code: CodeType) -> set[int]:
        """Return the offsets at which no signal handler runs."""
        # Without a line: handlers of exceptions by the compiler, such as the one that
        # ends a generator which is closed. What is raised there while a generator is
        # deleted is not raised.
        compilers = {
            inner
            for start, end, line in code.co_lines()
            if line is None
            for inner in range(start, end)
        }
        # It does nothing, and no `try` includes it.
        not_taken = {
            instruction.offset
            for instruction in dis.get_instructions(code)
            if instruction.opname == "NOT_TAKEN"
        }
        return compilers | not_taken

    def _line_of(code: CodeType, offset: int) -> int | None:
        return next(
            line for start, end, line in code.co_lines() if start <= offset < end
        )

else:

    def _trace(countdown: _Countdown, operation: Callable[[], object]) -> None:
        def enter(frame: FrameType, event: str, arg: object) -> Any:
            if not frame.f_code.co_filename.startswith(countdown.counted):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
            return step

        def step(frame: FrameType, event: str, arg: object) -> Any:
            if event == "opcode":
                countdown.step(frame.f_code, lambda: frame.f_lineno)
            return step

        before = sys.gettrace()
        sys.settrace(enter)
        try:
            operation()
        finally:
            sys.settrace(before)
