"""Any dict can be explained, and no secret is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.config import table
from jaeger_client.config.explanation import explain

SECRET = "hunter2"
SECRET_KEYS = ("collector.password", "collector.auth_token", "collector.headers")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def nested(flat: dict[str, object]) -> dict[str, object]:
    """Return the dict of `group.key` entries as an application writes it."""
    config: dict[str, object] = {}
    groups: dict[str, dict[str, object]] = {}
    for key, value in flat.items():
        group, _, inner = key.rpartition(".")
        if group:
            config[group] = groups.setdefault(group, {})
            groups[group][inner] = value
        else:
            config[key] = value
    return config


@given(st.dictionaries(st.sampled_from(sorted(table.KEYS)), anything, max_size=8))
def test_any_values_can_be_explained(flat: dict[str, object]) -> None:
    """Each key is in the result, with a value or with an error."""
    explanation = explain(nested(flat), {}, "shop")

    assert str(explanation)
    keys = {setting.key for setting in explanation}
    assert table.KEYS - keys <= {"tags"}


@given(st.dictionaries(st.text(max_size=10), anything, max_size=8))
def test_any_keys_can_be_explained(config: dict[str, object]) -> None:
    """Unknown keys are errors."""
    assert len(explain(config, {}, "shop")) >= len(table.KEYS)


@given(
    st.sampled_from(SECRET_KEYS),
    st.sampled_from([SECRET, {"a": SECRET}, {SECRET: 1, 2: [SECRET]}, [SECRET]]),
    anything,
)
def test_no_secret_is_shown(key: str, secret: object, beside: object) -> None:
    """A secret is shown neither as a value nor in an error."""
    explanation = explain(
        nested({key: secret, "collector.endpoint": beside}), {}, "shop"
    )
    shown = f"{explanation} {list(explanation)!r}".replace(f"{SECRET}=(hidden)", "")

    assert SECRET not in shown.replace(f"'{SECRET}': '(hidden)'", "")
