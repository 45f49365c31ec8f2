"""The interface of all senders: bytes in, network out."""

from __future__ import annotations

from typing import Protocol


class Sender(Protocol):
    """
    Carries one payload out of the process. Knows nothing of spans.

    Used by one thread at a time: whichever drains the queue. Opens nothing
    before the first `send`.
    """

    @property
    def max_payload(self) -> int:
        """Most bytes of one payload; may shrink as the network is learned."""
        ...

    @property
    def rejected_spans(self) -> int:
        """Spans the backend took and said that it did not keep, since the start."""
        ...

    def send(self, payload: bytes) -> None:
        """
        Send *payload* or raise.

        A sender that may block for long should have a second parameter `timeout`, the
        maximum time in seconds. It is passed when the application waits for the send.

        Raises:
            RefusedError: If nothing listens at the other end.
            PayloadTooLargeError: If the network takes less; `max_payload` has
                shrunk and the spans can be encoded anew.
            RetryableSendError: If the same payload may be sent again later.
            SendError: If the payload was not handed over for another reason.
        """
        ...

    def after_fork_in_child(self) -> None:
        """Forget the parent's connection without a word to the peer."""
        ...

    def close(self) -> None:
        """Close what is open. Idempotent."""
        ...
