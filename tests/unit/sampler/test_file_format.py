"""Jaeger's response for a strategies file, section by section."""

from __future__ import annotations

import json
import re

import pytest

from jaeger_client.errors import StrategyError
from jaeger_client.sampler.file_format import parse_file


def response(content: object, service: str = "shop", default: float = 0.001) -> object:
    """Return the response for *service*."""
    return parse_file(content, default).response_for(service)[0]


def notes_on(content: object, service: str = "shop") -> list[str]:
    """Return the notes on the response for *service*."""
    return parse_file(content, 0.001).response_for(service)[1]


def rate(param: float) -> dict[str, object]:
    """Return a response with a rate."""
    return {
        "strategyType": "PROBABILISTIC",
        "probabilisticSampling": {"samplingRate": param},
    }


def limit(param: int) -> dict[str, object]:
    """Return a response with a limit."""
    return {
        "strategyType": "RATE_LIMITING",
        "rateLimitingSampling": {"maxTracesPerSecond": param},
    }


def operations(default: float, **rates: float) -> dict[str, object]:
    """Return the part of a response for operations."""
    return {
        "operationSampling": {
            "defaultSamplingProbability": default,
            "defaultLowerBoundTracesPerSecond": 0,
            "defaultUpperBoundTracesPerSecond": 0,
            "perOperationStrategies": [
                {"operation": name, "probabilisticSampling": {"samplingRate": each}}
                for name, each in rates.items()
            ],
        },
    }


def probabilistic(param: float, **more: object) -> dict[str, object]:
    """Return an object of the file with a rate."""
    return {"type": "probabilistic", "param": param, **more}


def ratelimiting(param: float, **more: object) -> dict[str, object]:
    """Return an object of the file with a limit."""
    return {"type": "ratelimiting", "param": param, **more}


def file(*services: dict[str, object], **default: object) -> dict[str, object]:
    """Return the content of a file."""
    return {
        "default_strategy": default or None,
        "service_strategies": list(services),
    }


@pytest.mark.parametrize("content", [{}, file(), {"othe": 1}])
def test_an_empty_file_gives_the_default_probability(content: object) -> None:
    """The response is that of Jaeger without a file."""
    assert rate(0.25) == response(content, default=0.25)


def test_a_service_has_its_rate() -> None:
    """Other services have the rate of the default strategy."""
    content = file(probabilistic(0.5, service="shop"), **probabilistic(0.1))

    assert [rate(0.5), rate(0.1)] == [
        response(content, "shop"),
        response(content, "pub"),
    ]


@pytest.mark.parametrize(("param", "whole"), [(42, 42), (2.9, 2), (0.5, 0)])
def test_a_service_has_its_limit(param: float, whole: int) -> None:
    """The limit is an integer on the wire, so it is truncated."""
    assert limit(whole) == response(file(ratelimiting(param, service="shop")))


def test_operations_have_their_own_rates() -> None:
    """Other operations have the rate of the service."""
    listed = [probabilistic(1.0, operation="buy"), probabilistic(0.0, operation="look")]
    content = file(probabilistic(0.5, service="shop", operation_strategies=listed))

    assert rate(0.5) | operations(0.5, buy=1.0, look=0.0) == response(content)


def test_operations_of_a_service_with_a_limit() -> None:
    """Other operations have the default probability."""
    listed = [probabilistic(1.0, operation="buy")]
    content = file(ratelimiting(5, service="shop", operation_strategies=listed))

    assert limit(5) | operations(0.25, buy=1.0) == response(content, default=0.25)


def test_limits_of_operations_are_omitted() -> None:
    """The list of operations remains, even if it is empty."""
    listed = [ratelimiting(5, operation="buy")]
    content = file(probabilistic(0.5, service="shop", operation_strategies=listed))

    assert rate(0.5) | operations(0.5) == response(content)
    (note,) = notes_on(content)
    assert note == (
        "service_strategies[0].operation_strategies[0].type must be 'probabilistic', "
        "got 'ratelimiting', which only services can have; it is ignored"
    )


def test_an_operation_of_unknown_type_has_the_default_probability() -> None:
    """As a service of unknown type has it."""
    listed = [{"operation": "a", "type": "const", "param": 1}]
    content = {"default_strategy": probabilistic(0.5, operation_strategies=listed)}

    assert {**rate(0.5), **operations(0.5, a=0.001)} == response(content)


def test_operations_of_the_default_strategy_are_shared() -> None:
    """A service without operations gets them, with its own rate for others."""
    listed = [probabilistic(1.0, operation="buy")]
    content = file(
        probabilistic(0.5, service="shop"),
        ratelimiting(5, service="pub"),
        **probabilistic(0.1, operation_strategies=listed),
    )

    assert rate(0.5) | operations(0.5, buy=1.0) == response(content, "shop")
    assert limit(5) | operations(0.1, buy=1.0) == response(content, "pub")
    assert rate(0.1) | operations(0.1, buy=1.0) == response(content, "inn")


def test_operations_of_a_service_override_shared_ones() -> None:
    """The service's rate of an operation takes precedence."""
    shared = [
        probabilistic(0.3, operation="buy"),
        probabilistic(0.4, operation="look"),
    ]
    own = [probabilistic(1.0, operation="buy")]
    content = file(
        probabilistic(0.5, service="shop", operation_strategies=own),
        **probabilistic(0.1, operation_strategies=shared),
    )

    assert rate(0.5) | operations(0.5, buy=1.0, look=0.4) == response(content)


def test_the_last_of_two_services_of_one_name_counts() -> None:
    """Jaeger uses the last one, too."""
    content = file(
        probabilistic(0.5, service="shop"),
        probabilistic(0.7, service="shop"),
    )

    assert rate(0.7) == response(content)


@pytest.mark.parametrize("kind", ["const", "", None, "Probabilistic"])
def test_an_unknown_type_is_the_default_probability(kind: object) -> None:
    """Jaeger accepts and logs it, too."""
    content = file({"service": "shop", "type": kind, "param": 0.5})

    assert rate(0.001) == response(content)
    (note,) = notes_on(content)
    assert note == (
        "service_strategies[0].type must be 'probabilistic' or 'ratelimiting', got "
        f"{kind or ''!r}, which counts as a rate of 0.001"
    )


@pytest.mark.parametrize("content", [{}, file(), {"othe": 1}])
def test_a_file_without_strategies_is_noted(content: object) -> None:
    """The note contains the expected keys and the default rate."""
    assert notes_on(content)[-1] == (
        "the file must have default_strategy or service_strategies, got neither, "
        "which counts as a rate of 0.001"
    )


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"defaultStrategy": probabilistic(1)}, "defaultStrategy"),
        ({"strategies": {"default_strategy": probabilistic(1)}}, "strategies"),
        (rate(1) | {"default_strategy": probabilistic(1)}, "strategyType"),
        (file(probabilistic(1)) | {"Services": 1}, "Services"),
    ],
)
def test_unknown_keys_of_the_file_are_noted(content: object, key: str) -> None:
    """Typical mistakes are camelCase, an enclosing object, a server's response."""
    note = notes_on(content)[0]

    assert note.startswith(
        "the keys of the file must be among default_strategy, service_strategies, "
        f"got [{key!r}"
    )
    assert note.endswith("which are ignored")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            file(probabilistic(1, service="shop", operationStrategies=[])),
            (
                "the keys of service_strategies[0] must be among service, type, param, "
                "operation_strategies, got ['operationStrategies'], which are ignored"
            ),
        ),
        (
            file(**probabilistic(1, rate=0.5)),
            (
                "the keys of default_strategy must be among service, type, param, "
                "operation_strategies, got ['rate'], which are ignored"
            ),
        ),
        (
            file(
                **probabilistic(
                    1, operation_strategies=[probabilistic(1, operation="buy", name=1)]
                )
            ),
            (
                "the keys of default_strategy.operation_strategies[0] must be among "
                "operation, type, param, got ['name'], which are ignored"
            ),
        ),
    ],
)
def test_unknown_keys_of_a_strategy_are_noted(content: object, expected: str) -> None:
    """This covers the default strategy, services and operations."""
    assert [expected] == notes_on(content)


@pytest.mark.parametrize(("param", "whole"), [(0.5, 0), (2.9, 2)])
def test_a_limit_that_is_truncated_is_noted(param: float, whole: int) -> None:
    """The note contains the truncated limit."""
    assert [
        (
            "service_strategies[0].param must be a whole number of traces per second, "
            f"got {param}, which counts as {whole}"
        )
    ] == notes_on(file(ratelimiting(param, service="shop"), **probabilistic(1)))


def test_a_whole_limit_is_not_noted() -> None:
    """A fraction of zero is allowed."""
    assert [] == notes_on(file(ratelimiting(5.0, service="shop")))


@pytest.mark.parametrize("kind", ["probabilistic", "ratelimiting"])
@pytest.mark.parametrize("more", [{}, {"param": None}])
def test_a_missing_number_is_noted(kind: str, more: dict[str, object]) -> None:
    """It counts as 0, so nothing is sampled."""
    assert [
        "default_strategy.param must be a number, got none, which counts as 0"
    ] == notes_on(file(type=kind, **more))


def test_a_service_twice_is_noted() -> None:
    """The note contains the place of the second entry."""
    content = file(
        probabilistic(0.5, service="shop"),
        probabilistic(0.7, service="shop"),
    )

    assert [
        (
            "service_strategies[1].service must be unique in the list, got 'shop' "
            "again; the last counts"
        )
    ] == notes_on(content)
    assert [] == notes_on(content, "pub")


def test_an_operation_twice_is_noted() -> None:
    """Samplers follow the last entry."""
    listed = [probabilistic(1.0, operation="buy"), probabilistic(0.0, operation="buy")]

    assert [
        (
            "default_strategy.operation_strategies[1].operation must be unique in the "
            "list, got 'buy' again; the last counts"
        )
    ] == notes_on(file(**probabilistic(0.5, operation_strategies=listed)))


@pytest.mark.parametrize("more", [{}, {"operation": ""}, {"operation": None}])
def test_an_operation_without_a_name_is_noted(more: dict[str, object]) -> None:
    """Its rate applies to no operation of the application."""
    listed = [probabilistic(1.0, **more)]

    assert [
        (
            "default_strategy.operation_strategies[0].operation must be the name of "
            "the operation, got ''"
        )
    ] == notes_on(file(**probabilistic(0.5, operation_strategies=listed)))


def test_a_service_without_a_name_is_noted() -> None:
    """Every response has the note, because any service may be meant."""
    assert [
        "service_strategies[0].service must be the name of the service, got ''"
    ] == notes_on(file(probabilistic(0.5), **probabilistic(1)))


def test_other_services_are_not_noted() -> None:
    """The notes are about the response for one service."""
    content = file({"service": "pub", "type": "const"}, **probabilistic(0.5))

    assert [] == notes_on(content)


def test_keys_of_any_case_are_read() -> None:
    """Go ignores the case of keys, too."""
    content = {"Default_Strategy": {"TYPE": "probabilistic", "Param": 0.5}}

    assert rate(0.5) == response(content)


def test_missing_values_and_null_are_zero_or_empty() -> None:
    """Go reads them in the same way."""
    content = file({"type": "probabilistic"}, type="probabilistic", param=None)

    assert rate(0.0) == response(content, "") == response(content)


REFUSED: list[tuple[object, str]] = [
    ([], "the file must be an object, got []"),
    ("x", "the file must be an object, got 'x'"),
    ({"default_strategy": 1}, "default_strategy must be an object, got 1"),
    ({"service_strategies": {}}, "service_strategies must be a list, got {}"),
    (
        {"service_strategies": [None]},
        "service_strategies[0] must be an object, got None",
    ),
    (
        {"service_strategies": [{"service": 1}]},
        "service_strategies[0].service must be a string, got 1",
    ),
    (
        {"default_strategy": {"service": 1}},
        "default_strategy.service must be a string, got 1",
    ),
    (
        {"default_strategy": {"param": "0.5"}},
        "default_strategy.param must be a number, got '0.5'",
    ),
    (
        {"default_strategy": {"param": True}},
        "default_strategy.param must be a number, got True",
    ),
    (
        {"default_strategy": {"param": 10**400}},
        "default_strategy.param must be a number, got 10000",
    ),
    (
        {"default_strategy": {"param": 10**5000}},
        "default_strategy.param must be a number, got a very large int",
    ),
    (
        {"default_strategy": {"param": float("nan")}},
        "default_strategy.param must be a number, got nan",
    ),
    (
        {"default_strategy": {"operation_strategies": "x"}},
        "default_strategy.operation_strategies must be a list, got 'x'",
    ),
    (
        {"default_strategy": {"operation_strategies": [{"operation": []}]}},
        "default_strategy.operation_strategies[0].operation must be a string",
    ),
]


@pytest.mark.parametrize(("content", "complaint"), REFUSED)
def test_files_that_jaeger_would_reject_are_errors(
    content: object, complaint: str
) -> None:
    """The error has the place, the expected and the actual value."""
    with pytest.raises(StrategyError, match=re.escape(complaint)):
        parse_file(content, 0.001)


def test_the_response_is_json() -> None:
    """Encoding and decoding it changes nothing."""
    listed = [probabilistic(1.0, operation="buy")]
    content = file(probabilistic(0.5, service="shop", operation_strategies=listed))

    assert response(content) == json.loads(json.dumps(response(content)))
