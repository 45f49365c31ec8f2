"""The settings of sampler and throttler: a part of the table."""

from __future__ import annotations

from typing import Final

from jaeger_client.config.param import Param, Variable, optional_text
from jaeger_client.config.values import (
    boolean,
    milliseconds,
    number,
    number_from,
    one_of,
    port,
    positive,
    sampler_param,
    seconds,
    text,
    url,
    whole_number,
)
from jaeger_client.constants import (
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_THROTTLER_REFRESH_INTERVAL,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
    SAMPLER_TYPE_REMOTE,
)

SAMPLING_PATH: Final = "/sampling"
SAMPLER_TYPES: Final = (
    SAMPLER_TYPE_REMOTE,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
)
THROTTLER_TYPES: Final = ("remote", "local")

_COUNT: Final = whole_number(1)

SAMPLER_TYPE: Final = optional_text(
    "sampler.type",
    one_of(*SAMPLER_TYPES, aliases={"rate_limiting": SAMPLER_TYPE_RATE_LIMITING}),
    "JAEGER_SAMPLER_TYPE",
    about="How traces are chosen. `sampler` may also be a sampler object. "
    "`rate_limiting` is the same as `ratelimiting`.",
    default_text="`remote`",
)

SAMPLER_PARAM: Final[Param[float | None]] = Param(
    "sampler.param",
    sampler_param,
    None,
    (Variable("JAEGER_SAMPLER_PARAM", sampler_param),),
    about="`const`: 1 or 0. `probabilistic`: a rate from 0 to 1. `ratelimiting`: "
    "traces a second. `remote`: the rate until the first answer.",
    default_text="`0.001` for `remote`, `0` for `const`, required for the others",
)

OPERATION_NAME_LATE_BINDING: Final = Param(
    "sampler.operation_name_late_binding",
    boolean,
    default=False,
    variables=(Variable("JAEGER_SAMPLER_OPERATION_NAME_LATE_BINDING", boolean),),
    about="Whether a sampler that decides by operation waits for the name that a span "
    "has at the end, instead of the one it begins with.",
)

MAX_OPERATIONS: Final[Param[int | None]] = Param(
    "max_operations",
    _COUNT,
    None,
    (Variable("JAEGER_SAMPLER_MAX_OPERATIONS", _COUNT),),
    about="Operations that a remote sampler keeps a sampler of their own for; all "
    "others share one.",
    unit="operations",
    default_text="`2000`",
)

SAMPLING_REFRESH_INTERVAL: Final[Param[float]] = Param(
    "sampling_refresh_interval",
    positive(seconds),
    DEFAULT_SAMPLING_INTERVAL,
    (Variable("JAEGER_SAMPLER_REFRESH_INTERVAL", positive(milliseconds)),),
    about="Time between two questions for the strategy, give or take a tenth.",
    unit="seconds",
)

SAMPLING_ENDPOINT: Final = optional_text(
    "sampling_endpoint",
    url(SAMPLING_PATH),
    "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLER_MANAGER_HOST_PORT",
    about="Where a remote sampler asks. The second variable is deprecated. A "
    "`local_agent.sampling_port` in the dict beats both variables.",
    default_text="`http://<agent host>:5778/sampling`",
)

SAMPLING_STRATEGIES_FILE: Final = optional_text(
    "sampling_strategies_file",
    text,
    "JAEGER_SAMPLING_STRATEGIES_FILE",
    about="File with Jaeger's strategies as JSON, which a remote sampler reads instead "
    "of asking a server, anew within 5 seconds of a change.",
)

THROTTLER_TYPE: Final = Param(
    "throttler.type",
    one_of(*THROTTLER_TYPES),
    THROTTLER_TYPES[0],
    about="Who limits debug traces: the agent, by credits, or this process by itself. "
    "Any dict under `throttler`, even an empty one, asks for a throttler.",
)

THROTTLER_PORT: Final[Param[int | None]] = Param(
    "throttler.port",
    port,
    None,
    about="Port where the agent gives credits for debug traces.",
    default_text="the sampling port",
)

THROTTLER_REFRESH_INTERVAL: Final[Param[float]] = Param(
    "throttler.refresh_interval",
    positive(seconds),
    DEFAULT_THROTTLER_REFRESH_INTERVAL,
    about="Time between two questions for credits.",
    unit="seconds",
)

DEBUG_SPANS_PER_SECOND: Final[Param[float]] = Param(
    "throttler.debug_spans_per_second",
    positive(number),
    1.0,
    about="Debug traces a second that a `local` throttler lets each operation begin; "
    "so does a `remote` one where the agent knows no credits, as Jaeger 2.",
)

DEBUG_SPANS_AT_ONCE: Final[Param[float]] = Param(
    "throttler.debug_spans_at_once",
    number_from(1.0),
    10.0,
    about="Debug traces that an operation may begin at once after a pause, where "
    "`throttler.debug_spans_per_second` counts.",
)
