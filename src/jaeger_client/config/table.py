"""
The table of settings as people see it: in sections, each key once.

The reference page and `Config.explain()` are made from it. Not imported by a
start, except where there are `JAEGER_` variables to be told from unknown ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import text_of
from jaeger_client.config import (
    agent_params,
    collector_params,
    params,
    sampling_params,
)
from jaeger_client.config.opentelemetry import OTEL_SAMPLER, OTEL_SAMPLER_ARG
from jaeger_client.config.param import Param
from jaeger_client.config.values import Reader

NOTHING: Final = "none"
"""How it is told that there is no value."""

_BESIDE: Final = {
    sampling_params.SAMPLER_TYPE.key: (OTEL_SAMPLER,),
    sampling_params.SAMPLER_PARAM.key: (OTEL_SAMPLER_ARG,),
}
"""Variables that are read together, not by a setting of the table."""


_SECTIONS: Final = {
    "The service": "service_name enabled tags",
    "Recording": "max_tag_value_length max_traceback_length max_tags_per_span "
    "max_logs_per_span generate_128bit_trace_id",
    "Propagation": "propagation trace_id_header baggage_header_prefix baggage_header "
    "debug_id_header baggage.max_items baggage.max_value_length",
    "Sampling": "sampler.type sampler.param sampler.operation_name_late_binding "
    "max_operations sampling_refresh_interval sampling_endpoint "
    "sampling_strategies_file throttler.type throttler.port "
    "throttler.refresh_interval throttler.debug_spans_per_second "
    "throttler.debug_spans_at_once",
    "The agent": "local_agent.reporting_host local_agent.reporting_port "
    "local_agent.sampling_port local_agent.enabled local_agent.attempt_reconnecting "
    "local_agent.attempt_reconnect_interval",
    "The collector": "collector.endpoint collector.user collector.password "
    "collector.auth_token collector.headers collector.ca_file collector.client_cert "
    "collector.client_key collector.insecure collector.proxy collector.gzip "
    "reporter_timeout",
    "The reporter": "reporter_queue_size reporter_batch_size reporter_flush_interval "
    "logging metrics rpc_metrics",
}


class Setting(Frozen):
    """One key: all that can be told of it without a configuration."""

    key: str
    about: str
    """What it means, in Markdown."""
    expected: str
    """What the dict may hold."""
    default: str
    """The default, in Markdown."""
    unit: str
    """What its number counts; empty where it is no number of things."""
    variables: tuple[str, ...]
    """Those that are asked, in their order."""
    expected_of: Mapping[str, str]
    """What a variable may hold, where that differs from the dict."""
    is_secret: bool


class Section(Frozen):
    """Settings that belong together."""

    title: str
    settings: tuple[Setting, ...]


def sections() -> tuple[Section, ...]:
    """Return all settings, in the order of the page."""
    of_key: dict[str, list[Param[object]]] = {}
    for param in all_params():
        of_key.setdefault(param.key, []).append(param)
    return tuple(
        Section(title, tuple(_setting(of_key[key]) for key in keys.split()))
        for title, keys in _SECTIONS.items()
    )


def settings() -> Iterator[Setting]:
    """Yield all settings, in the order of the page."""
    for section in sections():
        yield from section.settings


def variable_names() -> frozenset[str]:
    """Return the names of all variables that are read."""
    return frozenset(name for setting in settings() for name in setting.variables)


def all_params() -> Iterator[Param[object]]:
    """Yield every entry; where variables depend on others, a key has two."""
    for room in (params, sampling_params, agent_params, collector_params):
        for value in vars(room).values():
            if isinstance(value, Param):
                yield cast("Param[object]", value)


def as_text(value: object) -> str:  # noqa: PLR0911 - one for each type
    """Return a value as one writes it in a configuration."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case None:
            return NOTHING
        case str():
            return value
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            pairs = (f"{text_of(key)}={text_of(item)}" for key, item in items)
            return ", ".join(pairs) or NOTHING
        case list() | tuple():
            return ", ".join(map(text_of, cast("tuple[object, ...]", value)))
        case _:
            return text_of(value)


def _setting(params_of_key: list[Param[object]]) -> Setting:
    """Return what all entries of one key say together; the first explains it."""
    first = params_of_key[0]
    variables = {
        variable.name: variable
        for param in params_of_key
        for variable in param.variables
    }
    expected = _expected_by(first.read)
    return Setting(
        key=first.key,
        about=first.about,
        expected=expected,
        default=first.default_text or _default_of(first),
        unit=first.unit,
        variables=(*variables, *_BESIDE.get(first.key, ())),
        expected_of={
            name: _expected_by(variable.read)
            for name, variable in variables.items()
            if _expected_by(variable.read) not in {"", expected}
        },
        is_secret=first.is_secret,
    )


def _expected_by(read: object) -> str:
    return read.expected if isinstance(read, Reader) else ""


def _default_of(param: Param[object]) -> str:
    text = as_text(param.default)
    return f"`{text}`" if text != NOTHING else text
