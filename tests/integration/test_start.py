"""
What the start of a program imports and does, in a new interpreter.

Start-up was reduced from 0.83 to 0.35 of jaeger-client 4.8's time by not importing what
only some programs need. Time is not tested here, because it depends on the machine;
what is imported does not.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jaeger_client._native import IS_COMPILED
from tests.integration.conftest import RunProgram

PROGRAM = """
import sys
before = set(sys.modules)
from jaeger_client import Config
Config({config}, service_name="shop").initialize_tracer()
modules = sorted(set(sys.modules) - before)
import json
print(json.dumps(modules))
"""

SENDING = """
import sys, _socket
agent = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
agent.bind(("127.0.0.1", 0))
from jaeger_client import Config
agent_settings = dict(reporting_host="127.0.0.1", reporting_port=agent.getsockname()[1])
sampler = dict(type="const", param=1)
config = dict(local_agent=agent_settings, sampler=sampler)
tracer = Config(config, service_name="shop").new_tracer()
before = set(sys.modules)
tracer.start_span("get", tags={"http.method": "GET"}).finish()
all_sent = tracer.close().result()
modules = sorted(set(sys.modules) - before)
assert all_sent and agent.recv(65000)
import json
print(json.dumps(modules))
"""

DEFAULT = "{}"
CONST = "{'sampler': {'type': 'const', 'param': 1}, 'logging': False}"

HEAVY = {
    "asyncio",
    "base64",
    "concurrent.futures",
    "dataclasses",
    "email",
    "http.client",
    "inspect",
    "ipaddress",
    "json",
    "multiprocessing",
    "pathlib",
    "queue",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "typing_extensions",
    "urllib.parse",
    "urllib3",
    "uuid",
    "zlib",
}
"""Modules of other packages that take a millisecond or more, alone or together."""

RARE = {
    "jaeger_client.codecs.w3c",
    "jaeger_client._internal.http_channel",
    "jaeger_client.config.explanation",
    "jaeger_client.reporter.rpc_metrics",
    "jaeger_client.encoding",
    "jaeger_client._internal.http_client",
    "jaeger_client.metrics.opentelemetry",
    "jaeger_client.metrics.prometheus",
    "jaeger_client.reporter.future",
    "jaeger_client.reporter.local",
    "jaeger_client._internal.sockets",
    "jaeger_client.codecs.b3",
    "jaeger_client.senders.base",
    "jaeger_client.senders.http",
    "jaeger_client.senders.memory",
    "jaeger_client.sampler.composite",
    "jaeger_client.thrift",
    "jaeger_client.throttler",
}
"""Modules of ours that start-up with default settings does not need."""

FOR_REMOTE_SAMPLING = {
    "jaeger_client._internal.json_reader",
    "jaeger_client._internal.poller",
    "jaeger_client.sampler.adaptive",
    "jaeger_client.sampler.remote",
    "jaeger_client.sampler.strategy",
}
"""Modules of ours that only the sampler `remote` needs."""

NOT_TO_SEND = HEAVY - {"zlib"} | {
    "jaeger_client.encoding.jaeger_binary",
    "jaeger_client.encoding.otlp",
    "jaeger_client.encoding.shrink",
    "jaeger_client.reporter.future",
}
"""Modules that sending spans to an agent does not need, nor closing the tracer."""

FAR_AWAY = ("192.0.2.1", "2001:db8::1")
"""Addresses for documentation; the system selects a route to one, to find its own."""

MOST_OWN = 78
"""Maximum number of our modules that a start imports; each costs 0.2 ms."""

MOST = 141
"""Maximum number of modules that a start imports; five are compiled ones."""

MOST_TO_SEND = 10
"""Maximum number of our modules that sending and closing import; two are compiled."""


@pytest.mark.parametrize("config", [DEFAULT, CONST])
def test_a_start_imports_nothing_heavy(config: str) -> None:
    """A start imports no slow module of the standard library or of other packages."""
    assert set() == HEAVY & imported_at_start(config)


@pytest.mark.parametrize("config", [DEFAULT, CONST])
def test_a_start_imports_nothing_that_it_does_not_need(config: str) -> None:
    """Modules of features that are not configured are not imported."""
    assert set() == RARE & imported_at_start(config)


def test_a_start_without_remote_sampling_imports_nothing_for_it() -> None:
    """Neither the sampler nor the parser of strategies."""
    assert set() == FOR_REMOTE_SAMPLING & imported_at_start(CONST)


def test_sending_imports_nothing_heavy() -> None:
    """Neither the first span nor `close` imports more than the encoder needs."""
    imported = set(json.loads(output_of(SENDING)))

    assert set() == NOT_TO_SEND & imported
    if IS_COMPILED:
        assert set() == {"ctypes", "mmap"} & imported
    assert len({name for name in imported if "jaeger" in name}) <= MOST_TO_SEND


def test_a_start_imports_few_modules() -> None:
    """The limits are close to the real numbers, so another module is noticed."""
    imported = imported_at_start(DEFAULT)

    assert len(imported) <= MOST
    assert len({name for name in imported if name.startswith("jaeger_")}) <= MOST_OWN


def test_a_bare_import_takes_no_more_than_a_start() -> None:
    """`import jaeger_client` imports nothing that a program with a tracer does not."""
    bare = "import sys, jaeger_client, json; print(json.dumps([*sys.modules]))"

    imported = {name for name in json.loads(output_of(bare)) if "jaeger" in name}
    assert imported <= imported_at_start(DEFAULT)


def test_a_new_tracer_opens_no_connection(run_program: RunProgram) -> None:
    """It only determines name and address of this machine, for any kind of tracer."""
    events = {
        event.removeprefix("initialize_tracer ").removeprefix("new_tracer ")
        for event in run_program("start_without_io.py").splitlines()
    }

    # Events of import, Config, explain and repr would have their step before them.
    own_address = {f"socket.connect {each}" for each in FAR_AWAY}
    assert set() == events - own_address - {"socket.gethostname "}


def imported_at_start(config: str) -> set[str]:
    """Return the modules that a program with *config* imports."""
    return set(json.loads(output_of(PROGRAM.format(config=config))))


def output_of(code: str) -> str:
    """Return what *code* prints in a new interpreter."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
