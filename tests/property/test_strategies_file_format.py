"""Any strategies file results in a response that is JSON, or in an error."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.errors import StrategyError
from jaeger_client.sampler.file_format import parse_file
from jaeger_client.sampler.strategy import PerOperation, parse_strategy

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


def rules(**more: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Return objects of the file, some with values of any type."""
    parts: dict[str, st.SearchStrategy[object]] = {
        "type": st.sampled_from(["probabilistic", "ratelimiting", "other", None]),
        "param": st.floats(-1, 3) | st.integers(-1, 500),
        **more,
    }
    return st.fixed_dictionaries(
        {},
        optional={key: value | ANYTHING for key, value in parts.items()},
    )


OPERATIONS = st.lists(rules(operation=st.sampled_from("ab")), max_size=4)
SERVICES = rules(service=st.sampled_from("xy"), operation_strategies=OPERATIONS)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "default_strategy": SERVICES | ANYTHING,
        "service_strategies": st.lists(SERVICES, max_size=3) | ANYTHING,
    },
)


@given(FILES | ANYTHING, st.sampled_from("xyz"))
def test_a_file_gives_a_response_or_an_error(content: object, service: str) -> None:
    """No other error is raised, and JSON does not change a response."""
    with suppress(StrategyError):
        response, _ = parse_file(content, 0.5).response_for(service)

        assert response == json.loads(json.dumps(response))
        parse_strategy(response)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_rates_of_operations_arrive_as_they_are(rates: list[float]) -> None:
    """The rates of operations in the file are those that a sampler uses."""
    listed = [
        {"operation": f"op {number}", "type": "probabilistic", "param": rate}
        for number, rate in enumerate(rates)
    ]
    content = {
        "default_strategy": {
            "type": "probabilistic",
            "param": 0.5,
            "operation_strategies": listed,
        },
    }

    strategy = parse_strategy(parse_file(content, 0.1).response_for("any")[0])

    assert isinstance(strategy, PerOperation)
    assert rates == list(strategy.rates.values())
