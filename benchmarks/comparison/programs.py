"""Runs programs of this package, each with the interpreter of the measured peer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.comparison.environments import ROOT, variables_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

TIMEOUT = 120.0
"""Default timeout of a program in seconds."""


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
        timeout: float = TIMEOUT,
    ) -> Any:  # noqa: ANN401 - what a program prints is known to its caller
        """
        Run a program to its end and return its decoded output.

        *peer* selects the interpreter; `None` is the one that runs this.

        Raises:
            ProgramError: If it failed, or took longer than *timeout* seconds.
        """
        with self.start(peer, name, argument) as program:
            try:
                output, _ = program.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as exc:
                msg = f"{name} of {peer} did not end within {timeout} seconds"
                raise ProgramError(msg) from exc
        return decode_output(f"{name} of {peer}", program.returncode, output)

    @contextmanager
    def start(
        self,
        peer: str | None,
        name: str,
        argument: DataclassInstance,
    ) -> Generator[subprocess.Popen[str], None, None]:
        """
        Start a program with pipes to it, and stop it at the end of the block.

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
        # The old client's imports cause warnings.
        module = ["-W", "ignore", "-m", f"benchmarks.comparison.{name}"]
        try:
            return subprocess.Popen(  # noqa: S603 - our own programs
                [str(python), *module, json.dumps(asdict(argument))],
                cwd=ROOT,
                env=variables_of(peer),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as exc:
            msg = f"cannot start {name} of {peer}: {exc}"
            raise ProgramError(msg) from exc


def decode_output(program: str, status: int, output: str) -> Any:  # noqa: ANN401 - see above
    """
    Return what *program* printed before it ended with *status*.

    Raises:
        ProgramError: If it ended with an error, or printed no JSON.
    """
    if status:
        msg = f"{program} ended with status {status}; its error is above"
        raise ProgramError(msg)
    try:
        return json.loads(output)
    except ValueError as exc:
        msg = f"{program} should have printed JSON, but printed {output!r}"
        raise ProgramError(msg) from exc
