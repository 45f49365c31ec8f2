"""Whatever a strategies file says, it is an answer that reads as JSON, or an error."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.errors import StrategyError
from jaeger_client.sampler.file_format import answer_for, parse_strategies
from jaeger_client.sampler.strategy import parse_strategy

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


def rules(**more: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Return objects of the file, now and then with a part that is anything."""
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
def test_a_file_is_an_answer_or_an_error(content: object, service: str) -> None:
    """No other error comes out, and JSON makes no difference to an answer."""
    with suppress(StrategyError):
        answer = answer_for(parse_strategies(content), service, 0.5, [])

        assert answer == json.loads(json.dumps(answer))
        parse_strategy(answer)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_rates_of_operations_arrive_as_they_are(rates: list[float]) -> None:
    """What the file says of operations is what a sampler goes by."""
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

    strategy = parse_strategy(answer_for(parse_strategies(content), "any", 0.1, []))

    assert rates == [each.rate for each in strategy.operations]  # type: ignore[union-attr]  # it is a `PerOperation`
