"""
Jaeger's format for a file of sampling strategies: JSON in, wire JSON out.

Pure: no I/O and no state. What Jaeger refuses is refused here; what it takes, even
where it makes something odd of it, becomes the same answer, with a note of what is
odd, for the log: what was expected, what was found, and what it counts as. Rates are
checked where the answer is followed, as they are with Jaeger.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import shown
from jaeger_client.errors import StrategyError
from jaeger_client.sampler.strategy import (
    DEFAULT_LOWER_BOUND_STR,
    DEFAULT_SAMPLING_PROBABILITY_STR,
    MAX_TRACES_PER_SECOND_STR,
    OPERATION_SAMPLING_STR,
    OPERATION_STR,
    PROBABILISTIC_SAMPLING_STR,
    PROBABILISTIC_SAMPLING_STRATEGY,
    RATE_LIMITING_SAMPLING_STR,
    RATE_LIMITING_SAMPLING_STRATEGY,
    SAMPLING_RATE_STR,
    STRATEGIES_STR,
    STRATEGY_TYPE_STR,
    is_list,
    is_object,
)

_PROBABILISTIC: Final = "probabilistic"
_RATE_LIMITING: Final = "ratelimiting"
_DEFAULT_UPPER_BOUND_STR: Final = "defaultUpperBoundTracesPerSecond"

_DEFAULT_KEY: Final = "default_strategy"
_SERVICES_KEY: Final = "service_strategies"
_OPERATIONS_KEY: Final = "operation_strategies"
_FILE_KEYS: Final = (_DEFAULT_KEY, _SERVICES_KEY)
_SERVICE_KEYS: Final = ("service", "type", "param", _OPERATIONS_KEY)
_OPERATION_KEYS: Final = ("operation", "type", "param")

Answer: TypeAlias = dict[str, object]
"""What Jaeger sends: JSON's objects, lists, texts and numbers."""


class Rule(Frozen):
    """How traces are sampled: `type` and `param` of one object of the file."""

    where: str
    kind: str
    param: float


class ServiceRules(Frozen):
    """What the file says of one service, or of all that it does not name."""

    rule: Rule
    operations: tuple[tuple[str, Rule], ...]
    notes: tuple[str, ...] = ()
    """What is odd in it, whatever becomes of the rules."""


class Strategies(Frozen):
    """What a whole file says."""

    default: ServiceRules | None
    services: Mapping[str, ServiceRules]
    notes: tuple[str, ...] = ()
    """What is odd in the file as a whole."""


def parse_strategies(content: object) -> Strategies:
    """
    Read the content of a file.

    Raises:
        StrategyError: If Jaeger would refuse it: a value is of another type.
    """
    notes: list[str] = []
    file = _object(content, "the file", _FILE_KEYS, notes)
    default = file.get(_DEFAULT_KEY)
    return Strategies(
        default=None if default is None else _rules(default, _DEFAULT_KEY)[1],
        services=_services(file.get(_SERVICES_KEY), notes),
        notes=tuple(notes),
    )


def answer_for(
    strategies: Strategies,
    service: str,
    default_rate: float,
    notes: list[str],
) -> Answer:
    """Return what Jaeger answers for *service*; append to *notes* what is odd in it."""
    notes += strategies.notes
    if strategies.default is None and not strategies.services:
        notes.append(
            f"the file must have {_DEFAULT_KEY} or {_SERVICES_KEY}, got neither, which "
            f"counts as a rate of {default_rate}"
        )
    reader = _Reader(default_rate, notes)
    default = reader.of_service(strategies.default)
    rules = strategies.services.get(service)
    if rules is None:
        return default.as_answer()
    return _with_shared(reader.of_service(rules), default).as_answer()


class _Operations(Frozen):
    """What an answer says of operations."""

    default_rate: float
    rates: tuple[tuple[str, float], ...]

    def as_answer(self) -> Answer:
        return {
            DEFAULT_SAMPLING_PROBABILITY_STR: self.default_rate,
            DEFAULT_LOWER_BOUND_STR: 0,
            STRATEGIES_STR: [
                {
                    OPERATION_STR: operation,
                    PROBABILISTIC_SAMPLING_STR: {SAMPLING_RATE_STR: rate},
                }
                for operation, rate in self.rates
            ],
            _DEFAULT_UPPER_BOUND_STR: 0,
        }


class _Said(Frozen):
    """What an answer says of a service: a rate or else a limit, and operations."""

    rate: float | None
    limit: int
    operations: _Operations | None = None

    def as_answer(self) -> Answer:
        answer: Answer = (
            {
                STRATEGY_TYPE_STR: RATE_LIMITING_SAMPLING_STRATEGY,
                RATE_LIMITING_SAMPLING_STR: {MAX_TRACES_PER_SECOND_STR: self.limit},
            }
            if self.rate is None
            else {
                STRATEGY_TYPE_STR: PROBABILISTIC_SAMPLING_STRATEGY,
                PROBABILISTIC_SAMPLING_STR: {SAMPLING_RATE_STR: self.rate},
            }
        )
        if self.operations is not None:
            answer[OPERATION_SAMPLING_STR] = self.operations.as_answer()
        return answer


def _with_shared(own: _Said, default: _Said) -> _Said:
    """Give a service what the default strategy says of operations."""
    shared = default.operations
    if shared is None:
        return own
    if own.operations is None:
        rate = shared.default_rate if own.rate is None else own.rate
        return own.but(operations=shared.but(default_rate=rate))
    names = {operation for operation, _ in own.operations.rates}
    added = (each for each in shared.rates if each[0] not in names)
    rates = (*own.operations.rates, *added)
    return own.but(operations=own.operations.but(rates=rates))


class _Reader:
    """Makes of rules what Jaeger makes of them."""

    def __init__(self, default_rate: float, notes: list[str]) -> None:
        self._default_rate = default_rate
        self._notes = notes

    def of_service(self, rules: ServiceRules | None) -> _Said:
        if rules is None:
            return _Said(rate=self._default_rate, limit=0)
        self._notes += rules.notes
        said = self._of_rule(rules.rule)
        if not rules.operations:
            return said
        rate = self._default_rate if said.rate is None else said.rate
        return said.but(operations=_Operations(rate, self._rates(rules.operations)))

    def _of_rule(self, rule: Rule) -> _Said:
        if rule.kind == _RATE_LIMITING:
            return _Said(rate=None, limit=self._limit(rule))
        return _Said(rate=self._rate(rule), limit=0)

    def _limit(self, rule: Rule) -> int:
        # A whole number on the wire; Jaeger cuts off the rest.
        limit = math.trunc(rule.param)
        if limit != rule.param:
            self._notes.append(
                f"{rule.where}.param must be a whole number of traces per second, got "
                f"{rule.param}, which counts as {limit}"
            )
        return limit

    def _rates(
        self,
        operations: Sequence[tuple[str, Rule]],
    ) -> tuple[tuple[str, float], ...]:
        return tuple(
            (operation, self._rate(rule))
            for operation, rule in operations
            if self._is_followed(rule)
        )

    def _rate(self, rule: Rule) -> float:
        if rule.kind == _PROBABILISTIC:
            return rule.param
        self._notes.append(
            f"{rule.where}.type must be {_PROBABILISTIC!r} or {_RATE_LIMITING!r}, got "
            f"{shown(rule.kind)}, which counts as a rate of {self._default_rate}"
        )
        return self._default_rate

    def _is_followed(self, rule: Rule) -> bool:
        if rule.kind != _RATE_LIMITING:
            return True
        self._notes.append(
            f"{rule.where}.type must be {_PROBABILISTIC!r}, got {_RATE_LIMITING!r}, "
            "which services alone can have; it is ignored"
        )
        return False


def _services(value: object, notes: list[str]) -> dict[str, ServiceRules]:
    services: dict[str, ServiceRules] = {}
    for where, each in _list(value, _SERVICES_KEY):
        name, rules = _rules(each, where)
        if not name:
            notes.append(_must_have_name(where, "service"))
        if name in services:
            # The last counts, as in Jaeger.
            rules = rules.but(
                notes=(*rules.notes, _named_twice(where, "service", name)),
            )
        services[name] = rules
    return services


def _rules(value: object, where: str) -> tuple[str, ServiceRules]:
    notes: list[str] = []
    given = _object(value, where, _SERVICE_KEYS, notes)
    rules = ServiceRules(
        rule=_rule(given, where, notes),
        operations=_operations(
            given.get(_OPERATIONS_KEY), f"{where}.{_OPERATIONS_KEY}", notes
        ),
        notes=tuple(notes),
    )
    return _text(given, "service", where), rules


def _operations(
    value: object, where: str, notes: list[str]
) -> tuple[tuple[str, Rule], ...]:
    operations: list[tuple[str, Rule]] = []
    names: set[str] = set()
    for place, each in _list(value, where):
        given = _object(each, place, _OPERATION_KEYS, notes)
        name = _text(given, "operation", place)
        if not name:
            notes.append(_must_have_name(place, "operation"))
        if name in names:
            # All are in the answer, and samplers follow the last.
            notes.append(_named_twice(place, "operation", name))
        names.add(name)
        operations.append((name, _rule(given, place, notes)))
    return tuple(operations)


def _must_have_name(where: str, key: str) -> str:
    return f"{where}.{key} must be the name of the {key}, got ''"


def _named_twice(where: str, key: str, name: str) -> str:
    return (
        f"{where}.{key} must occur once in the list, got {shown(name)} again; the last "
        "entry counts"
    )


def _rule(given: Mapping[str, object], where: str, notes: list[str]) -> Rule:
    kind = _text(given, "type", where)
    if kind in {_PROBABILISTIC, _RATE_LIMITING} and given.get("param") is None:
        notes.append(f"{where}.param must be a number, got none, which counts as 0")
    return Rule(where, kind, _number(given, "param", where))


def _object(
    value: object,
    where: str,
    keys: tuple[str, ...],
    notes: list[str],
) -> dict[str, object]:
    if not is_object(value):
        msg = f"{where} must be an object, got {shown(value)}"
        raise StrategyError(msg)
    if unknown := [key for key in value if key.lower() not in keys]:
        notes.append(
            f"the keys of {where} must be among "
            f"{', '.join(keys)}, got {shown(unknown)}, which are ignored"
        )
    # Go looks keys up without regard to case.
    return {key.lower(): each for key, each in value.items()}


def _list(value: object, where: str) -> Sequence[tuple[str, object]]:
    """Return what is in a list, each with its place; nothing is an empty list."""
    if value is None:
        return ()
    if is_list(value):
        return [(f"{where}[{number}]", each) for number, each in enumerate(value)]
    msg = f"{where} must be a list, got {shown(value)}"
    raise StrategyError(msg)


def _text(given: Mapping[str, object], key: str, where: str) -> str:
    value = given.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    msg = f"{where}.{key} must be a text, got {shown(value)}"
    raise StrategyError(msg)


def _number(given: Mapping[str, object], key: str, where: str) -> float:
    value = given.get(key)
    if value is None:
        return 0.0
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # JSON has numbers that fit no float, and Python's reader knows NaN.
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    msg = f"{where}.{key} must be a number, got {shown(value)}"
    raise StrategyError(msg)
