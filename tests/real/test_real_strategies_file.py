"""A strategies file gives the same strategies as a real Jaeger with that file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from jaeger_client.errors import StrategyError
from jaeger_client.sampler.strategies_file import StrategiesFile
from jaeger_client.sampler.strategy import decode_strategy, parse_strategy
from tests.real.sampling_jaeger import FileJaeger

Entry = Mapping[str, object]

SERVED: Entry = {"service": "served", "type": "ratelimiting", "param": 499}
"""A service in each file, which shows that Jaeger has read it."""


def probabilistic(param: float, **more: object) -> Entry:
    """Return a strategy by probability."""
    return {"type": "probabilistic", "param": param, **more}


def limiting(param: float, **more: object) -> Entry:
    """Return a strategy by a limit."""
    return {"type": "ratelimiting", "param": param, **more}


def operation(name: str, strategy: Entry) -> Entry:
    """Return the strategy of an operation."""
    return {"operation": name, **strategy}


MIXED = [
    operation("one", probabilistic(0.75)),
    operation("limited", limiting(5)),
    operation("two", probabilistic(0)),
    operation("odd", {"type": "adaptive", "param": 0.5}),
    operation("none", {}),
]
"""Strategies of operations; Jaeger supports no limits for them."""

SERVICES: Mapping[str, Entry] = {
    "rate": probabilistic(0.25),
    "rate of nothing": probabilistic(0),
    "rate of all": probabilistic(1),
    "rate above all": probabilistic(1.5),
    "rate below nothing": probabilistic(-0.5),
    "rate without a number": {"type": "probabilistic"},
    "limit": limiting(7),
    "limit of nothing": limiting(0),
    "limit of a part": limiting(2.75),
    "limit of half a trace": limiting(0.5),
    "limit too high": limiting(500),
    "limit below nothing": limiting(-3),
    "unknown type": {"type": "adaptive", "param": 0.5},
    "Type": {"type": "Probabilistic", "param": 0.5},
    "no type": {"param": 0.5},
    "nothing": {},
    "rate and operations": probabilistic(0.25, operation_strategies=MIXED),
    "limit and operations": limiting(7, operation_strategies=MIXED),
    "unknown and operations": {"type": "adaptive", "operation_strategies": MIXED},
    "only operations": {"operation_strategies": MIXED},
    "no operations": probabilistic(0.25, operation_strategies=[]),
    "operations of null": probabilistic(0.25, operation_strategies=None),
    "only limited operations": probabilistic(
        0.25, operation_strategies=[operation("limited", limiting(5))]
    ),
    "an operation too high": probabilistic(
        0.25, operation_strategies=[operation("high", probabilistic(2))]
    ),
    "an operation twice": probabilistic(
        0.25,
        operation_strategies=[
            operation("one", probabilistic(0.5)),
            operation("one", probabilistic(0.75)),
        ],
    ),
    "its own default operation": probabilistic(
        0.25, operation_strategies=[operation("by default", probabilistic(1))]
    ),
    "größer & größer/?": probabilistic(0.5),
    "": probabilistic(0.125),
}
"""Every kind of service that a file may have, and some that are invalid."""

DEFAULTS: Mapping[str, Entry | None] = {
    "no default": None,
    "default rate": probabilistic(0.5),
    "default limit": limiting(11),
    "unknown default": {"type": "adaptive", "param": 0.5},
    "empty default": {},
    "default rate and operations": probabilistic(
        0.5,
        operation_strategies=[
            operation("by default", probabilistic(0.125)),
            operation("one", probabilistic(0.0625)),
        ],
    ),
    "default limit and operations": limiting(
        11, operation_strategies=[operation("by default", probabilistic(0.125))]
    ),
    "default without its operations": probabilistic(
        0.5, operation_strategies=[operation("limited", limiting(5))]
    ),
}
"""Default strategies that a file may have, and invalid ones."""


def outcome(request: Callable[[str], bytes], service: str) -> object:
    """Return type and value of the strategy, or that it cannot be followed."""
    try:
        strategy = parse_strategy(decode_strategy(request(service)))
    except StrategyError:
        return "cannot be followed"
    # The type as well, because named tuples of different types may be equal.
    return type(strategy), strategy


@pytest.mark.parametrize("default", DEFAULTS)
def test_file_has_the_responses_of_jaeger(
    file_jaeger: FileJaeger, default: str
) -> None:
    """Each service, listed or not, gets the strategy that Jaeger has for it."""
    named = [{"service": name, **entry} for name, entry in SERVICES.items()]
    # The later of two entries of a service is used.
    again = {"service": "rate", **probabilistic(0.375)}
    file_jaeger.serve(
        {
            "default_strategy": DEFAULTS[default],
            "service_strategies": [*named, again, SERVED],
        },
        "served",
    )
    file = StrategiesFile(file_jaeger.path)
    services = [*SERVICES, "not named"]

    assert {name: outcome(file_jaeger.strategy, name) for name in services} == {
        name: outcome(file.request_sampling_strategy, name) for name in services
    }


def test_file_in_any_case_has_the_responses_of_jaeger(file_jaeger: FileJaeger) -> None:
    """Keys in capitals are read as well, as by Jaeger."""
    file_jaeger.serve(
        {
            "Default_Strategy": {"TYPE": "probabilistic", "Param": 0.5},
            "SERVICE_STRATEGIES": [
                {"Service": "loud", "Type": "ratelimiting", "PARAM": 3},
                SERVED,
            ],
        },
        "served",
    )
    file = StrategiesFile(file_jaeger.path)
    services = ["loud", "not named"]

    assert {name: outcome(file_jaeger.strategy, name) for name in services} == {
        name: outcome(file.request_sampling_strategy, name) for name in services
    }
