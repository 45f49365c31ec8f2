"""What counts for a key, and why: what was said, or what follows from other keys."""

from __future__ import annotations

from typing import Final, TypeAlias

from jaeger_client._internal.shown import text_of
from jaeger_client.config import agent_params as agent
from jaeger_client.config import build, params
from jaeger_client.config import collector_params as collector
from jaeger_client.config import sampling_params as sampling
from jaeger_client.config.explanation import BY_DEFAULT
from jaeger_client.config.origins import (
    CollectorChoice,
    choose_collector,
    export_is_off,
    given_sampler,
    locate_sampler,
    locate_sampling_endpoint,
    our_collector,
)
from jaeger_client.config.param import THE_DICT, Source
from jaeger_client.config.parse import read_sampler, read_service_name
from jaeger_client.config.table import all_params
from jaeger_client.constants import SAMPLER_TYPE_CONST, SAMPLER_TYPE_REMOTE
from jaeger_client.errors import ConfigError
from jaeger_client.sampler.strategy import (
    DEFAULT_MAX_OPERATIONS,
    DEFAULT_SAMPLING_PROBABILITY,
)

THE_PARAMETER: Final = "the parameter service_name"
"""The origin of a name that was given to `Config` in code."""

FORMAT: Final = "collector.format"
"""Not a setting: it follows from the endpoint's path."""

Located: TypeAlias = "tuple[object, str]"
"""A value and its origin."""


class Answers:
    """
    The answers of one configuration, key by key, as a tracer would get them.

    Every method raises `ConfigError` if what is there cannot be used.
    """

    def __init__(self, source: Source, service_name: str | None) -> None:
        self.source = source
        self._given_name = service_name
        # Of two entries of a key the first explains it.
        self._params = {param.key: param for param in reversed([*all_params()])}

    def of(self, key: str) -> Located:
        """Return what counts for *key*."""
        return self._located(key) or self._derived(key)

    def format(self) -> Located:
        """Return how spans are written, and what chose it."""
        endpoint = self._choice().endpoint
        if self._export_is_off():
            return None, collector.OTLP_EXPORTERS.variables[0].name
        if endpoint is None or endpoint[0] is None:
            return "compact Thrift over UDP", BY_DEFAULT
        # With the encoders 15 ms, for those who name a collector.
        from jaeger_client._internal.http_channel import format_of  # noqa: PLC0415

        return format_of(endpoint[0]), f"the path of {collector.ENDPOINT.key}"

    def note_on(self, key: str, origin: str) -> str:
        """Return what else is to be known of *key*, whose value is of *origin*."""
        is_given = origin != BY_DEFAULT
        match key:
            case "sampling_endpoint":
                return self._note_on_sampling()
            case "throttler.type" if self.source.config.get("throttler") is None:
                return "not used: the dict has no throttler"
            case "local_agent.attempt_reconnect_interval" if not self._reconnects():
                return "not used: local_agent.attempt_reconnecting is false"
            case "local_agent.reporting_port" if is_given and self._has_collector():
                return "not used: spans go to collector.endpoint"
            case _ if key.startswith("collector.") and is_given:
                return "" if self._has_collector() else "not used: spans go by UDP"
            case _:
                return ""

    def blamed_for(self, key: str) -> str:
        """Return the origin of a value of *key* that cannot be used."""
        try:
            raw = self.source.in_config(key)
        except ConfigError:
            return THE_DICT
        if raw is not None and raw != "":
            return THE_DICT
        named = (variable.name for variable in self._params[key].variables)
        return next(filter(self.source.in_environment, named), BY_DEFAULT)

    def _located(self, key: str) -> Located | None:
        match key:
            case "service_name":
                return self._locate_name()
            case "sampler.type" | "sampler.param":
                return self._locate_sampler(key)
            case "sampler.operation_name_late_binding" if self._given_sampler():
                return self._params[key].located_in_environment(self.source)
            case "sampling_endpoint":
                return locate_sampling_endpoint(self.source)
            case "collector.endpoint":
                # Its own mistakes are told here, those of the agent there.
                return (
                    collector.ENDPOINT.located(self.source) or self._choice().endpoint
                )
            case _:
                param = self._choice().params().get(key, self._params[key])
                return param.located(self.source)

    def _derived(self, key: str) -> Located:  # noqa: PLR0911 - a case a key
        match key:
            case "sampler.type":
                return SAMPLER_TYPE_REMOTE, BY_DEFAULT
            case "sampler.param":
                return self._default_param(), BY_DEFAULT
            case "max_operations":
                return DEFAULT_MAX_OPERATIONS, BY_DEFAULT
            case "sampling_endpoint":
                return self._sampling_url()
            case "throttler.port":
                return self.of(agent.SAMPLING_PORT.key)[0], agent.SAMPLING_PORT.key
            case "collector.gzip":
                return self.format()[0] == "OTLP", FORMAT
            case _:
                return self._params[key].default, BY_DEFAULT

    def _locate_name(self) -> Located | None:
        found = params.SERVICE_NAME.located(self.source)
        if self._given_name and (found is None or found[1] != THE_DICT):
            return self._given_name, THE_PARAMETER
        # Raises where there is none.
        return found or (read_service_name(self.source, None), BY_DEFAULT)

    def _locate_sampler(self, key: str) -> Located | None:
        given = self._given_sampler()
        if key == sampling.SAMPLER_TYPE.key:
            if given is not None:
                return text_of(given), THE_DICT
            # Without a look at the parameter, whose mistakes are its own.
            found = sampling.SAMPLER_TYPE.located(self.source)
            return found or locate_sampler(self.source)[0]
        if given is not None:
            return None
        kind, param = locate_sampler(self.source)
        self._check_together(kind and kind[0], param and param[0])
        return param

    def _check_together(self, kind: object, param: object) -> None:
        # Of these two only, for mistakes of others are told beside them.
        alone = Source({"sampler": {"type": kind, "param": param}}, {})
        build.check_sampler(read_sampler(alone))

    def _default_param(self) -> object:
        if self._given_sampler() is not None:
            return None
        kind, _ = self.of(sampling.SAMPLER_TYPE.key)
        return 0.0 if kind == SAMPLER_TYPE_CONST else DEFAULT_SAMPLING_PROBABILITY

    def _sampling_url(self) -> Located:
        host, port = (self.of(p.key) for p in (agent.AGENT_HOST, agent.SAMPLING_PORT))
        name = f"[{host[0]}]" if ":" in str(host[0]) else host[0]
        url = f"http://{name}:{port[0]}{sampling.SAMPLING_PATH}"
        if (host[1], port[1]) == (BY_DEFAULT, BY_DEFAULT):
            return url, BY_DEFAULT
        return url, "local_agent"

    def _given_sampler(self) -> object:
        return given_sampler(self.source)

    def _choice(self) -> CollectorChoice:
        try:
            return choose_collector(self.source)
        except ConfigError:
            return our_collector(None)

    def _export_is_off(self) -> bool:
        try:
            return export_is_off(self.source)
        except ConfigError:
            return False

    def _has_collector(self) -> bool:
        return self._choice().endpoint is not None

    def _reconnects(self) -> bool:
        return agent.AGENT_RECONNECTS.value(self.source)

    def _note_on_sampling(self) -> str:
        kind, _ = self.of(sampling.SAMPLER_TYPE.key)
        if kind != SAMPLER_TYPE_REMOTE:
            return f"not asked: the sampler is {kind}"
        if sampling.SAMPLING_STRATEGIES_FILE.value(self.source) is not None:
            return f"not asked: {sampling.SAMPLING_STRATEGIES_FILE.key} is read"
        return ""
