"""The settings of the agent, where spans go over UDP: a part of the table."""

from __future__ import annotations

from typing import Final

from jaeger_client.config.param import Param, Variable
from jaeger_client.config.values import (
    boolean,
    host,
    milliseconds,
    opposite,
    port,
    positive,
    seconds,
)

DEFAULT_REPORTING_HOST: Final = "localhost"
DEFAULT_REPORTING_PORT: Final = 6831
DEFAULT_SAMPLING_PORT: Final = 5778

AGENT_HOST: Final = Param(
    "local_agent.reporting_host",
    host,
    DEFAULT_REPORTING_HOST,
    (Variable("JAEGER_AGENT_HOST", host),),
    about="Host that spans go to by UDP, and that is asked for strategies and credits.",
)

AGENT_PORT: Final = Param(
    "local_agent.reporting_port",
    port,
    DEFAULT_REPORTING_PORT,
    (Variable("JAEGER_AGENT_PORT", port),),
    about="UDP port for compact Thrift. A value such as `tcp://10.0.0.1:6831`, which "
    "Kubernetes sets beside a service named `jaeger-agent`, says nothing.",
)

SAMPLING_PORT: Final = Param(
    "local_agent.sampling_port",
    port,
    DEFAULT_SAMPLING_PORT,
    about="HTTP port for questions.",
)

AGENT_ENABLED: Final = Param(
    "local_agent.enabled",
    boolean,
    default=True,
    about="Kept for programs that read it; changes nothing.",
)

AGENT_RECONNECTS: Final = Param(
    "local_agent.attempt_reconnecting",
    boolean,
    default=True,
    variables=(Variable("JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED", opposite),),
    about="Whether the host's name is resolved again from time to time. After an error "
    "it is in any case.",
)

AGENT_RECONNECT_INTERVAL: Final[Param[float]] = Param(
    "local_agent.attempt_reconnect_interval",
    positive(seconds),
    30.0,
    (
        Variable(
            "JAEGER_REPORTER_ATTEMPT_RECONNECT_INTERVAL",
            positive(milliseconds),
        ),
    ),
    about="Time between two resolutions.",
    unit="seconds",
)
