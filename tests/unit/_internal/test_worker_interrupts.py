"""An exception that another thread raises in the worker's, at any bytecode of it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from jaeger_client._internal import worker
from jaeger_client._internal.worker import BackgroundWorker
from tests.unit._internal.test_worker import FakeGreenlet
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.test_tracer_interrupts import TIMEOUT, Scene, with_place

if TYPE_CHECKING:
    from jaeger_client._internal.worker import _Runner


class InterruptedWorker(BackgroundWorker):
    """A worker whose first thread is interrupted at a bytecode of its module."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at
        self._interrupted: threading.Thread | None = None
        self._has_begun = False
        self.place = ""

    def _run(self, runner: _Runner) -> None:
        run = super()._run
        if self._interrupted is None:
            self._interrupted = threading.current_thread()
            self.place = call_at(
                self._at,
                self._interrupt,
                lambda: run(runner),
                counted=(worker.__file__,),
            )
        else:
            run(runner)

    def _claim_for(self, runner: _Runner) -> bool:
        has_claimed = super()._claim_for(runner)
        self._has_begun = threading.current_thread() is runner.thread
        return has_claimed

    def _interrupt(self) -> None:
        # Not before the thread is the worker's, nor when it should end.
        if self._has_begun and not self._closed:
            interrupt()

    def join(self) -> None:
        """Wait for the end of the first thread."""
        assert self._interrupted is not None
        self._interrupted.join(TIMEOUT)


@pytest.mark.parametrize("is_greenlet", [False, True])
def test_spans_arrive(monkeypatch: pytest.MonkeyPatch, *, is_greenlet: bool) -> None:
    """The thread survives; a greenlet that is killed is replaced."""
    monkeypatch.setattr(worker, "_DELAY_AFTER_ERROR", 0.0)
    if is_greenlet:
        monkeypatch.setitem(sys.modules, "greenlet", FakeGreenlet("greenlet"))

    def run(at: int) -> str:
        interrupted = InterruptedWorker(at)
        scene = Scene(interrupted)
        scene.finish_one("first")
        with with_place(f"bytecode {at}"):
            scene.sender.wait_for("first")
            scene.finish_one("later")
            scene.sender.wait_for("later")
            scene.check_close()
        interrupted.join()
        return interrupted.place

    assert sum(1 for _ in every_place(run)) > 100
