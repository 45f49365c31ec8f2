"""
Starts tracers of many kinds, and prints everything that this does besides computing.

Each line is the step and an audit event of the network, of threads or of processes.
"""

from __future__ import annotations

import sys
from typing import Any

PREFIXES = (
    "_thread.",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "socket.",
    "subprocess.",
)
"""Audit events to report; creating a socket object is not one of them."""
step = "import"


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Print an audit event, with the address if it has one."""
    if event.startswith(PREFIXES) and event != "socket.__new__":
        address = arguments[1][0] if event == "socket.connect" else ""
        print(step, event, address)


sys.addaudithook(hook)
from jaeger_client import Config  # noqa: E402 - after the hook

CONFIGS: list[dict[str, Any]] = [
    {"local_agent": {"reporting_host": "agent.invalid"}, "throttler": {}},
    {"collector": {"endpoint": "http://me:pw@collector.invalid/v1/traces"}},
    {
        "collector": {
            "endpoint": "https://collector.invalid/api/traces",
            "proxy": "http://proxy.invalid",
            "ca_file": __file__,
        },
        "sampling_endpoint": "https://sampling.invalid/sampling",
        "propagation": ["w3c", "b3"],
        "rpc_metrics": True,
        "logging": True,
    },
    {"sampling_strategies_file": "/nowhere/strategies.json"},
]
for settings in CONFIGS:
    step = "Config"
    config = Config(settings, service_name="start", validate=True)
    step = "explain"
    config.explain()
    step = "new_tracer"
    tracer = config.new_tracer()
    step = "repr"
    repr(tracer)
    step = "initialize_tracer"
    Config._initialized = False
    config.initialize_tracer()
step = "end"
