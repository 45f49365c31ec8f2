"""
Sampling strategies from a file on disk, in the format of Jaeger's own.

What comes out is what Jaeger (1.76 and 2) answers when it serves the same file, its
peculiarities included: a file can move from there to here and back. The file is
read anew when its time, size or inode has changed, so a file that is replaced as a
whole (`mv`, a ConfigMap of Kubernetes) is noticed as well as one that is edited.
"""

from __future__ import annotations

import stat
from os import stat_result
from pathlib import Path
from typing import Final, TypeAlias

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import warn
from jaeger_client.errors import SendError, StrategyError
from jaeger_client.sampler.file_format import (
    Strategies,
    answer_for,
    parse_strategies,
)
from jaeger_client.sampler.probabilistic import check_rate
from jaeger_client.sampler.strategy import (
    DEFAULT_SAMPLING_PROBABILITY,
    decode_answer,
    encode_answer,
    parse_strategy,
)

_MAX_FILE: Final = 16 << 20
"""Bytes that a file may have: enough for 100,000 operations."""

_TICK: Final = 2.0
"""Seconds for which two changes may have the same time, as on FAT."""

_SHOWN_NOTES: Final = 5
"""How many odd things of a file one line in the log tells."""

_Version: TypeAlias = tuple[int, int, int, int]
"""What changes when a file does: device, inode, size and time."""


class StrategiesFile:
    """
    Answers a `RemoteControlledSampler` from a file.

        RemoteControlledSampler(StrategiesFile("/etc/strategies.json"), "shop")

    Used by one thread at a time, the background worker's.

    Args:
        path: Where the file is; it need not be there yet.
        default_probability: The rate where the file names none, which a Jaeger has
            in its own configuration.
        clock: Tells how old a change is.

    Raises:
        ConfigError: If *default_probability* is not from 0 to 1.
    """

    refresh_interval: float = 5.0
    """Most seconds between two looks at the file; see `StrategySource`."""

    advice: str = (
        "Sampling goes on as it was; mend or replace the file, which is read again "
        "when it has changed"
    )
    """What to do when there is no answer; see `StrategySource`."""

    def __init__(
        self,
        path: str | Path,
        *,
        default_probability: float = DEFAULT_SAMPLING_PROBABILITY,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        check_rate(default_probability)
        self.path = Path(path)
        self.default_probability = default_probability
        self._clock = clock
        self._version: _Version | None = None
        self._strategies: Strategies | None = None
        self._refusal = ""
        self._answered: tuple[str, bytes] | None = None
        self._noted: dict[str, str] = {}
        """By service, what is odd in its last answer, which was logged."""

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """
        Return what Jaeger would answer for *service_name*, as JSON.

        As long as the file does not change, the answer is the same object.

        Raises:
            SendError: If the file cannot be read.
            StrategyError: If it holds nothing that can be followed.
        """
        try:
            status = self.path.stat()
            if self._version is None or self._version != _version_of(status):
                self._read(status)
        except OSError as exc:
            msg = f"cannot read the strategies file: {exc}"
            raise SendError(msg) from exc
        if self._strategies is None:
            raise StrategyError(self._refusal)
        if self._answered is None or self._answered[0] != service_name:
            self._answered = (
                service_name,
                self._answer(self._strategies, service_name),
            )
        return self._answered[1]

    def _read(self, status: stat_result) -> None:
        self._version = self._strategies = self._answered = None
        try:
            self._strategies = _parse(self._content(status))
        except StrategyError as exc:
            self._refusal = f"strategies file {str(self.path)!r}: {exc}"
        # A second change in the same tick of the file system's clock does not show,
        # so what is as young as that is read again.
        if self._clock.time() - status.st_mtime > _TICK:
            self._version = _version_of(status)

    def _content(self, status: stat_result) -> bytes:
        # Opening a pipe would wait for whoever writes to it, perhaps for ever.
        if not stat.S_ISREG(status.st_mode):
            msg = "it must be a regular file"
            raise StrategyError(msg)
        with self.path.open("rb") as file:
            content = file.read(_MAX_FILE + 1)
        if len(content) > _MAX_FILE:
            msg = f"it must have at most {_MAX_FILE} bytes, got more"
            raise StrategyError(msg)
        return content

    def _answer(self, strategies: Strategies, service_name: str) -> bytes:
        notes: list[str] = []
        answer = answer_for(strategies, service_name, self.default_probability, notes)
        try:
            parse_strategy(answer)
        except StrategyError as exc:
            msg = f"strategies file {str(self.path)!r}, service {service_name!r}: {exc}"
            raise StrategyError(msg) from exc
        self._log(service_name, notes)
        return encode_answer(answer)

    def _log(self, service_name: str, notes: list[str]) -> None:
        noted = "; ".join(notes[:_SHOWN_NOTES])
        # Not a `Notice`: it would suppress the line after a second edit within a
        # minute, and an unchanged file is not read again.
        if noted and noted != self._noted.get(service_name):
            warn("strategies file %r: %s", str(self.path), noted)
        self._noted[service_name] = noted

    def __repr__(self) -> str:
        return f"StrategiesFile({str(self.path)!r})"


def _version_of(status: stat_result) -> _Version:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _parse(content: bytes) -> Strategies:
    parsed = decode_answer(content)
    # As in Jaeger, which takes a file that says `null` for one that says nothing.
    return parse_strategies({} if parsed is None else parsed)
