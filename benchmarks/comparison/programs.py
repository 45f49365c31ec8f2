"""Runs programs of this package, each by the interpreter of the peer it measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds that a program may take, unless it is told otherwise."""


class ProgramError(Exception):
    """A program of the benchmark failed."""


@dataclass(frozen=True, slots=True)
class Programs:
    """
    Starts `python -m benchmarks.comparison.NAME` with one argument, as JSON.

    Args:
        python_of: Returns the interpreter of a peer; see `environments`.
    """

    python_of: Callable[[str], Path]

    def run(
        self,
        peer: str | None,
        name: str,
        argument: DataclassInstance,
        timeout: float = PATIENCE,
    ) -> Any:  # noqa: ANN401 - what a program prints is known to its caller
        """
        Run a program to its end and return what it printed, decoded.

        *peer* chooses the interpreter; None is the one that runs this.

        Raises:
            ProgramError: If it failed, or took longer than *timeout* seconds.
        """
        with self.start(peer, name, argument) as program:
            try:
                answer, _ = program.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as exc:
                msg = f"{name} of {peer} was not through after {timeout} seconds"
                raise ProgramError(msg) from exc
        return decode_answer(f"{name} of {peer}", program.returncode, answer)

    @contextmanager
    def start(
        self,
        peer: str | None,
        name: str,
        argument: DataclassInstance,
    ) -> Generator[subprocess.Popen[str], None, None]:
        """
        Start a program with pipes to it, which is gone when the block ends.

        Raises:
            ProgramError: If there is no such interpreter.
        """
        with self._popen(peer, name, argument) as process:
            try:
                yield process
            finally:
                process.kill()

    def _popen(
        self,
        peer: str | None,
        name: str,
        argument: DataclassInstance,
    ) -> subprocess.Popen[str]:
        python = Path(sys.executable) if peer is None else self.python_of(peer)
        # The old client warns of its own imports.
        module = ["-W", "ignore", "-m", f"benchmarks.comparison.{name}"]
        try:
            return subprocess.Popen(  # noqa: S603 - our own programs
                [str(python), *module, json.dumps(asdict(argument))],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as exc:
            msg = f"cannot start {name} of {peer}: {exc}"
            raise ProgramError(msg) from exc


def decode_answer(program: str, status: int, answer: str) -> Any:  # noqa: ANN401 - see above
    """
    Return what *program* printed before it ended with *status*.

    Raises:
        ProgramError: If it ended with an error, or printed no JSON.
    """
    if status:
        msg = f"{program} ended with status {status}; its error is above"
        raise ProgramError(msg)
    try:
        return json.loads(answer)
    except ValueError as exc:
        msg = f"{program} was to print JSON, and printed {answer!r}"
        raise ProgramError(msg) from exc
