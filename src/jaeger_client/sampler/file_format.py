"""
Jaeger's format for a file of sampling strategies: decoded JSON in, responses out.

Pure: no I/O and no state. The result is the response of Jaeger (1.76 and 2) for the
same file, including its peculiarities, so the same file can be used for both. A file
that Jaeger rejects is rejected. A doubtful value that Jaeger accepts is accepted with a
note for the log: the expected value, the actual value, and how it is interpreted.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from typing import Final

from jaeger_client._internal.json_reader import JsonReader
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.shown import shown
from jaeger_client.errors import StrategyError

_PROBABILISTIC: Final = "probabilistic"
_RATE_LIMITING: Final = "ratelimiting"

_DEFAULT_KEY: Final = "default_strategy"
_SERVICES_KEY: Final = "service_strategies"
_OPERATIONS_KEY: Final = "operation_strategies"
_FILE_KEYS: Final = (_DEFAULT_KEY, _SERVICES_KEY)
_SERVICE_KEYS: Final = ("service", "type", "param", _OPERATIONS_KEY)
_OPERATION_KEYS: Final = ("operation", "type", "param")

_READER: Final = JsonReader("strategies file", StrategyError)


class Strategies(NamedTuple):
    """The strategies of a whole file."""

    default: ServiceStrategy
    services: Mapping[str, ServiceStrategy]
    notes: tuple[str, ...]

    def response_for(self, service: str) -> tuple[dict[str, object], list[str]]:
        """Return Jaeger's response for *service*, and notes on doubtful values."""
        strategy, notes = self.default, [*self.notes, *self.default.notes]
        own = self.services.get(service)
        if own is not None:
            strategy = own.with_operations_of(self.default)
            notes += own.notes
        return strategy.as_response(), notes


class ServiceStrategy(NamedTuple):
    """How Jaeger samples a service."""

    rate: float | None
    """The fraction of all traces; `None` if *limit* applies."""
    limit: int = 0
    """Traces per second."""
    operations: tuple[tuple[str, float], ...] | None = None
    """The rates of single operations; `None` if the file lists none."""
    default_rate: float = 0.0
    """The rate of all other operations."""
    notes: tuple[str, ...] = ()

    def with_operations_of(self, default: ServiceStrategy) -> ServiceStrategy:
        """Add the operations that the default strategy lists and this one does not."""
        if default.operations is None:
            return self
        if self.operations is None:
            rate = default.default_rate if self.rate is None else self.rate
            return self._replace(operations=default.operations, default_rate=rate)
        own = dict(self.operations)
        added = tuple(each for each in default.operations if each[0] not in own)
        return self._replace(operations=self.operations + added)

    def as_response(self) -> dict[str, object]:
        """Return Jaeger's response, ready for JSON."""
        response: dict[str, object] = {
            "strategyType": "RATE_LIMITING",
            "rateLimitingSampling": {"maxTracesPerSecond": self.limit},
        }
        if self.rate is not None:
            response = {"strategyType": "PROBABILISTIC", **_rate(self.rate)}
        if self.operations is not None:
            response["operationSampling"] = {
                "defaultSamplingProbability": self.default_rate,
                "defaultLowerBoundTracesPerSecond": 0,
                "defaultUpperBoundTracesPerSecond": 0,
                "perOperationStrategies": [
                    {"operation": name, **_rate(rate)} for name, rate in self.operations
                ],
            }
        return response


def parse_file(content: object, default_rate: float) -> Strategies:
    """
    Read the decoded content of a file; *default_rate* is used if it contains no rate.

    Rates are not checked here: Jaeger does not check them either, and an invalid rate
    affects only the services that have it.

    Raises:
        StrategyError: If Jaeger would reject the file: a value has the wrong type.
    """
    # Jaeger treats a file of `null` as an empty one.
    file = _Entry({} if content is None else content, "", _FILE_KEYS)
    default = file.get(_DEFAULT_KEY)
    services: dict[str, ServiceStrategy] = {}
    for where, value in file.items(_SERVICES_KEY):
        entry = _Entry(value, where, _SERVICE_KEYS)
        # A note on every response, because the entry may be meant for any service.
        name = entry.name("service", services, file.notes)
        services[name] = _service_strategy(entry, default_rate)
    if default is None and not services:
        file.notes.append(
            f"the file must have {_DEFAULT_KEY} or {_SERVICES_KEY}, got neither, which "
            f"counts as a rate of {default_rate}"
        )
    if default is None:
        default_strategy = ServiceStrategy(default_rate, default_rate=default_rate)
    else:
        entry = _Entry(default, _DEFAULT_KEY, _SERVICE_KEYS)
        default_strategy = _service_strategy(entry, default_rate)
    return Strategies(default_strategy, services, tuple(file.notes))


def _service_strategy(entry: _Entry, default_rate: float) -> ServiceStrategy:
    entry.string("service")
    rate = entry.rate(default_rate)
    listed = entry.items(_OPERATIONS_KEY)
    operations: list[tuple[str, float]] = []
    names: set[str] = set()
    for where, value in listed:
        operation = _Entry(value, where, _OPERATION_KEYS, entry.notes)
        # The response contains all entries of a name; samplers use the last one.
        name = operation.name("operation", names, entry.notes)
        names.add(name)
        operation_rate = operation.rate(default_rate)
        if operation_rate is None:
            operation.note(
                "type",
                f"{_PROBABILISTIC!r}",
                f"{_RATE_LIMITING!r}, which only services can have; it is ignored",
            )
        else:
            operations.append((name, operation_rate))
    return ServiceStrategy(
        rate=rate,
        limit=entry.limit() if rate is None else 0,
        operations=tuple(operations) if listed else None,
        default_rate=default_rate if rate is None else rate,
        notes=tuple(entry.notes),
    )


class _Entry:
    """
    An object of the file.

    Args:
        value: The decoded object.
        where: Its place in the file; empty for the file as a whole.
        keys: The keys that Jaeger reads in it.
        notes: Where to add notes; by default a list of its own.
    """

    def __init__(
        self,
        value: object,
        where: str,
        keys: tuple[str, ...],
        notes: list[str] | None = None,
    ) -> None:
        self.notes: list[str] = [] if notes is None else notes
        self._prefix = f"{where}." if where else ""
        where = where or "the file"
        given = _READER.mapping(value, where)
        # Go compares keys without regard to case.
        self._values = {key.lower(): each for key, each in given.items()}
        if unknown := [key for key in given if key.lower() not in keys]:
            self.notes.append(
                f"the keys of {where} must be among {', '.join(keys)}, got "
                f"{shown(unknown)}, which are ignored"
            )

    def get(self, key: str) -> object:
        return self._values.get(key)

    def items(self, key: str) -> list[tuple[str, object]]:
        """Return the items of a list, each with its place."""
        where = f"{self._prefix}{key}"
        items = _READER.sequence(self.get(key), where)
        return [(f"{where}[{index}]", item) for index, item in enumerate(items)]

    def string(self, key: str) -> str:
        value = self.get(key)
        return "" if value is None else _READER.string(value, f"{self._prefix}{key}")

    def number(self, key: str) -> float:
        value = self.get(key)
        return float(
            0 if value is None else _READER.number(value, f"{self._prefix}{key}")
        )

    def name(self, key: str, known: Container[str], notes: list[str]) -> str:
        """Return the name under *key*; if there is none, add that to *notes*."""
        name = self.string(key)
        if not name:
            notes.append(f"{self._prefix}{key} must be the name of the {key}, got ''")
        if name in known:
            self.note(
                key, "unique in the list", f"{shown(name)} again; the last counts"
            )
        return name

    def rate(self, default_rate: float) -> float | None:
        """Return the rate, `None` if the entry has a limit instead."""
        kind, param = self.string("type"), self.number("param")
        if kind not in {_PROBABILISTIC, _RATE_LIMITING}:
            self.note(
                "type",
                f"{_PROBABILISTIC!r} or {_RATE_LIMITING!r}",
                f"{shown(kind)}, which counts as a rate of {default_rate}",
            )
            return default_rate
        if self.get("param") is None:
            self.note("param", "a number", "none, which counts as 0")
        return param if kind == _PROBABILISTIC else None

    def limit(self) -> int:
        """Return the limit. It is an integer on the wire, so Jaeger truncates it."""
        param = self.number("param")
        limit = math.trunc(param)
        if limit != param:
            self.note(
                "param",
                "a whole number of traces per second",
                f"{param}, which counts as {limit}",
            )
        return limit

    def note(self, key: str, expected: str, got: str) -> None:
        self.notes.append(f"{self._prefix}{key} must be {expected}, got {got}")


def _rate(rate: float) -> dict[str, object]:
    return {"probabilisticSampling": {"samplingRate": rate}}
