"""The sender for tests that the package contains."""

from __future__ import annotations

import threading

import pytest

from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.senders.memory import MemorySender


def test_payloads_are_stored_in_order() -> None:
    """What is sent can be read, the oldest first."""
    sender = MemorySender()

    sender.send(b"one")
    sender.send(b"two")

    assert [b"one", b"two"] == sender.payloads


def test_payloads_are_a_copy() -> None:
    """Changing the list that was read changes nothing."""
    sender = MemorySender()
    sender.send(b"one")

    sender.payloads.clear()

    assert [b"one"] == sender.payloads


def test_the_maximum_payload_is_that_of_udp() -> None:
    """So encoders are tested with datagrams of the usual size."""
    assert 65_000 == MemorySender().max_payload


def test_old_payloads_are_dropped() -> None:
    """No more than the capacity is stored."""
    sender = MemorySender(capacity=2)

    for payload in (b"1", b"2", b"3"):
        sender.send(payload)

    assert [b"2", b"3"] == sender.payloads


def test_planned_errors_come_once_each() -> None:
    """The errors passed to fail_next are raised in turn, then sends work."""
    sender = MemorySender()
    sender.fail_next(RefusedError("a"), RetryableSendError("b"))

    with pytest.raises(RefusedError, match="a"):
        sender.send(b"1")
    with pytest.raises(RetryableSendError, match="b"):
        sender.send(b"2")
    sender.send(b"3")

    assert [b"3"] == sender.payloads


def test_a_lasting_error_is_raised_until_it_is_reset() -> None:
    """An error passed to fail_always is raised by every send until None is passed."""
    sender = MemorySender()
    sender.fail_always(RefusedError("gone"))
    for _ in range(2):
        with pytest.raises(RefusedError):
            sender.send(b"lost")

    sender.fail_always(None)
    sender.send(b"kept")

    assert [b"kept"] == sender.payloads


def test_too_long_payloads_are_refused() -> None:
    """A payload over max_payload raises as a real sender does."""
    sender = MemorySender(max_payload=2)

    with pytest.raises(PayloadTooLargeError) as caught:
        sender.send(b"123")

    assert 2 == caught.value.limit


def test_arrivals_can_be_waited_for() -> None:
    """A test can wait for what another thread sends."""
    sender = MemorySender()
    thread = threading.Thread(target=sender.send, args=(b"x",))
    thread.start()

    assert sender.wait_for(1)
    assert not sender.wait_for(2, timeout=0.01)
    thread.join()


def test_clear_drops_all() -> None:
    """After clear no payload is stored or counted."""
    sender = MemorySender()
    sender.send(b"x")

    sender.clear()

    assert [] == sender.payloads
    assert not sender.wait_for(1, timeout=0.0)


def test_a_forked_child_begins_empty() -> None:
    """A child shows only what it sent itself."""
    sender = MemorySender()
    sender.send(b"parent")

    sender.after_fork_in_child()
    sender.send(b"child")

    assert [b"child"] == sender.payloads


def test_close_is_idempotent_and_final() -> None:
    """A closed sender refuses to send; the stored payloads stay."""
    with MemorySender() as sender:
        sender.send(b"x")
    sender.close()

    with pytest.raises(SendError, match="^the memory sender is closed$"):
        sender.send(b"y")
    assert [b"x"] == sender.payloads
    assert sender.is_closed


def test_repr_shows_the_state() -> None:
    """The repr has the number of payloads and whether the sender is open."""
    sender = MemorySender()
    sender.send(b"x")
    sender.send(b"y")
    before = repr(sender)

    sender.close()

    assert "<MemorySender open, 2 payloads>" == before
    assert "<MemorySender closed, 2 payloads>" == repr(sender)


def test_a_thousand_payloads_are_stored_by_default() -> None:
    """So a test that sends for long does not fill the memory."""
    sender = MemorySender()
    for _ in range(1_001):
        sender.send(b"x")

    assert 1_000 == len(sender.payloads)
