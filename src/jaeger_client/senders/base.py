"""The interface of all senders."""

from __future__ import annotations

from typing import Protocol


class Sender(Protocol):
    """
    Sends payloads out of the process. Treats them as bytes and knows no spans.

    Need not be thread-safe: it is used by one thread at a time. Opens nothing before
    the first `send`.
    """

    @property
    def max_payload(self) -> int:
        """Maximum size of a payload in bytes; reduced when the network rejects one."""
        ...

    @property
    def rejected_spans(self) -> int:
        """Number of spans in accepted payloads that the backend rejected so far."""
        ...

    def send(self, payload: bytes) -> None:
        """
        Send *payload* or raise.

        A sender that may block for long should have a second parameter `timeout`, the
        maximum time in seconds. It is passed when the application waits for the send,
        in `flush` or `close`.

        Raises:
            RefusedError: If nothing listens at the other end.
            PayloadTooLargeError: If the network accepts less. `max_payload` has been
                reduced, and the spans are encoded again.
            RetryableSendError: If the failure is temporary: the payload is sent again.
            SendError: If the payload was not sent for another reason.
        """
        ...

    def after_fork_in_child(self) -> None:
        """
        Drop the parent's connection without a message to the peer.

        A sender that does not have this method is used in the child as it is.
        """
        ...

    def close(self) -> None:
        """Close what is open. Idempotent."""
        ...
