"""The modules of 4.8 whose content lives elsewhere, or was removed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

import pytest

import jaeger_client
from jaeger_client import ioloop_util, utils
from jaeger_client._internal.host import local_ip
from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.errors import RemovedError, SendError
from jaeger_client.local_agent_net import LocalAgentSender
from jaeger_client.reporter import TCompactProtocol
from jaeger_client.senders import UdpSender
from jaeger_client.thrift_gen.agent import Agent
from jaeger_client.thrift_gen.agent import ttypes as agent_types
from jaeger_client.thrift_gen.jaeger import ttypes
from jaeger_client.TUDPTransport import TUDPTransport


def test_the_agents_service_can_be_imported() -> None:
    """A server overrides its methods."""
    assert [] == agent_types.__all__
    with pytest.raises(NotImplementedError):
        Agent.Iface().emitBatch(ttypes.Batch())
    with pytest.raises(NotImplementedError):
        Agent.Iface().emitZipkinBatch([])


@pytest.mark.parametrize(
    ("make", "replacement"),
    [
        (lambda: Agent.Client("iprot"), "jaeger_client.reporter.Reporter"),
        (lambda: Agent.Processor("handler"), "agent.thrift"),
        (
            lambda: TCompactProtocol.TCompactProtocol("transport"),
            "thrift.protocol.TCompactProtocol",
        ),
        (
            TCompactProtocol.TCompactProtocolFactory,
            "JaegerCompactEncoder",
        ),
        (lambda: ioloop_util.submit(int, None), "run_coroutine_threadsafe"),
    ],
)
def test_names_that_need_a_removed_library_raise(
    make: Callable[[], object], replacement: str
) -> None:
    """The names can be imported and patched; using them raises an error."""
    with pytest.raises(RemovedError, match=replacement):
        make()


def test_the_local_agent_sender_is_a_channel() -> None:
    """The sender accepts the parameters of 4.8 and opens nothing."""
    sender = LocalAgentSender("localhost", 5778, 6831, None, throttling_port=5779)

    assert isinstance(sender.encoder, JaegerCompactEncoder)
    assert isinstance(sender.sender, UdpSender)
    sender.close()


def test_a_closed_transport_refuses_data() -> None:
    """Writing is an error; closing again is not."""
    transport = TUDPTransport("localhost", 6831, blocking=True)
    transport.open()
    assert transport.isOpen()

    transport.close()
    transport.close()

    assert not transport.isOpen()
    with pytest.raises(SendError, match="closed"):
        transport.write(b"x")


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("true", False, True),
        ("1", False, True),
        ("FALSE", True, False),
        ("0", True, False),
        ("yes", True, True),
        ("yes", False, False),
        (None, True, False),
        ("None", "qwer", False),
        ("zxcv", "qwer", "qwer"),
        (True, False, True),
        (0, True, False),
    ],
)
def test_get_boolean_recognizes_five_words(
    text: object,
    default: object,
    value: object,
) -> None:
    """For any other text the default is returned, as in 4.8."""
    assert value == utils.get_boolean(text, default)
    assert isinstance(utils.get_boolean(text, default), type(value))


def test_utils_has_the_address_and_the_error_reporter() -> None:
    """Both are defined in other modules."""
    assert local_ip is utils.local_ip
    assert "ErrorReporter" == utils.ErrorReporter.__name__


@pytest.mark.parametrize(
    "name",
    [
        "TUDPTransport",
        "ioloop_util",
        "local_agent_net",
        "thrift",
        "thrift_gen",
        "utils",
    ],
)
def test_old_modules_are_attributes_of_the_package(name: str) -> None:
    """Old modules are imported at the first access."""
    module = getattr(jaeger_client, name)

    assert sys.modules[f"jaeger_client.{name}"] is module
    assert importlib.import_module(f"jaeger_client.{name}") is module


def test_an_unknown_attribute_of_the_package_is_an_attribute_error() -> None:
    """The error is that of any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jaeger_client.nothing  # type: ignore[attr-defined]  # that is the fact
