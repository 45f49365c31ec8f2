"""
Sampling strategies from a file on disk, in Jaeger's format; see `file_format`.

The file is read again when its modification time, size or inode has changed, so a file
may be edited or replaced (`mv`, a ConfigMap of Kubernetes).
"""

from __future__ import annotations

import json
import stat
from os import stat_result
from pathlib import Path
from typing import Final, TypeAlias

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import warn
from jaeger_client._internal.shown import MAX_SHOWN, shown, text_of
from jaeger_client.constants import DEFAULT_SAMPLING_PROBABILITY
from jaeger_client.errors import SendError, StrategyError
from jaeger_client.sampler.basic import check_rate
from jaeger_client.sampler.file_format import Strategies, parse_file
from jaeger_client.sampler.strategy import (
    decode_strategy,
    parse_strategy,
)

_MAX_FILE: Final = 16 << 20
"""Maximum size of a file in bytes: enough for 100,000 operations."""

_TICK: Final = 2.0
"""Seconds within which two changes may have the same time; 2 on FAT."""

_MAX_NOTES: Final = 5
"""Maximum number of notes in one line of the log."""

_MAX_SERVICES: Final = 200
"""Maximum number of services whose notes are remembered."""

_Version: TypeAlias = tuple[int, int, int, int]
"""Identifies the version of a file: device, inode, size and modification time."""


class StrategiesFile:
    """
    Provides a `RemoteControlledSampler` with strategies from a file.

        RemoteControlledSampler(StrategiesFile("/etc/strategies.json"), "shop")

    Used by one thread at a time, the background worker's.

    Args:
        path: Path of the file, which need not exist yet.
        default_probability: The rate if the file contains none; in Jaeger it is part
            of the configuration.
        clock: Measures the age of a change.

    Raises:
        ConfigError: If *default_probability* is not from 0 to 1.
    """

    refresh_interval: float = 5.0
    """Maximum number of seconds between two polls; see `StrategySource`."""

    advice: str = (
        "Sampling continues as before; fix or replace the file, which is read again "
        "when it has changed"
    )
    """What to do about a failure; see `StrategySource`."""

    def __init__(
        self,
        path: str | Path,
        *,
        default_probability: float = DEFAULT_SAMPLING_PROBABILITY,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        check_rate("default_probability", default_probability)
        self.path = Path(path)
        self.default_probability = default_probability
        self._clock = clock
        self._version: _Version | None = None
        self._strategies: Strategies | None = None
        self._refusal = ""
        self._response: tuple[str, bytes] | None = None
        """The last service and the response for it."""
        self._logged: dict[str, str] = {}
        """The notes on the last response for each service, which were logged."""

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """
        Return what Jaeger would respond for *service_name*, as JSON.

        As long as the file does not change, the response is the same object.

        Raises:
            SendError: If the file cannot be read.
            StrategyError: If it contains no usable strategy.
        """
        try:
            status = self.path.stat()
            if self._version is None or self._version != _version_of(status):
                self._read(status)
        except OSError as exc:
            msg = f"cannot read the strategies file: {text_of(exc)}"
            raise SendError(msg) from exc
        if self._strategies is None:
            raise StrategyError(self._refusal)
        if self._response is None or self._response[0] != service_name:
            body = self._encode(self._strategies, service_name)
            self._response = service_name, body
        return self._response[1]

    def _read(self, status: stat_result) -> None:
        self._version = self._strategies = self._response = None
        try:
            content = decode_strategy(self._content(status))
            self._strategies = parse_file(content, self.default_probability)
        except StrategyError as exc:
            self._refusal = f"strategies file {self._shown_path}: {exc}"
        # A second change in the same tick of the file system's clock is not visible,
        # so a file that was changed just now is read again.
        if self._clock.time() - status.st_mtime > _TICK:
            self._version = _version_of(status)

    def _content(self, status: stat_result) -> bytes:
        # Opening a pipe would wait, perhaps for ever, until something writes to it.
        if not stat.S_ISREG(status.st_mode):
            msg = "it must be a regular file"
            raise StrategyError(msg)
        with self.path.open("rb") as file:
            content = file.read(_MAX_FILE + 1)
        if len(content) > _MAX_FILE:
            msg = f"it must have at most {_MAX_FILE} bytes, got more"
            raise StrategyError(msg)
        return content

    def _encode(self, strategies: Strategies, service_name: str) -> bytes:
        response, notes = strategies.response_for(service_name)
        try:
            parse_strategy(response)
        except StrategyError as exc:
            msg = f"strategies file {self._shown_path}, service {service_name!r}: {exc}"
            raise StrategyError(msg) from exc
        self._log(service_name, "; ".join(notes[:_MAX_NOTES]))
        return json.dumps(response).encode()

    def _log(self, service_name: str, notes: str) -> None:
        # Not a `RateLimitedWarning`: it would suppress the line after a second edit
        # within a minute, and an unchanged file is not read again.
        if notes and notes != self._logged.get(service_name):
            warn("strategies file %r: %s", str(self.path), notes)
        if len(self._logged) >= _MAX_SERVICES:
            self._logged.clear()
        self._logged[service_name] = notes

    @property
    def _shown_path(self) -> str:
        # A URL is a common mistake, as clients in other languages accept one.
        return shown(str(self.path), MAX_SHOWN)

    def __repr__(self) -> str:
        return f"StrategiesFile({self._shown_path})"


def _version_of(status: stat_result) -> _Version:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
