"""
Bodies of responses: iterables in whose methods the span of the request is active.

The span ends when the body is exhausted, fails or is closed, whichever comes first.
Servers and frameworks close bodies also if the client has disconnected. If none of them
does, the span ends when the body is deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaeger_client.instrumentation._server_span import ServerSpan


class Body:
    """The body of a response, in whose methods the span is active."""

    def __init__(
        self,
        body: Iterable[bytes],
        span: ServerSpan,
        finish: Callable[[], None],
    ) -> None:
        self._body = body
        self._iterator: Iterator[bytes] | None = None
        self._span = span
        self._finish = finish

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            with self._span.running():
                if self._iterator is None:
                    self._iterator = iter(self._body)
                return next(self._iterator)
        except StopIteration:
            self._finish()
            raise
        except BaseException as error:
            self._span.record(error)
            self._finish()
            raise

    def close(self) -> None:
        """Close the body of the application, and finish the span."""
        try:
            close: Callable[[], object] | None = getattr(self._body, "close", None)
            if close is not None:
                with self._span.running():
                    close()
        except BaseException as error:
            self._span.record(error)
            raise
        finally:
            self._finish()

    def __del__(self) -> None:
        # A server that does not close it, or a body that was replaced.
        self._finish()


class AsyncBody:
    """The same for a body that is iterated by `async for`."""

    def __init__(
        self,
        body: AsyncIterator[bytes],
        span: ServerSpan,
        finish: Callable[[], None],
    ) -> None:
        self._body = body
        self._span = span
        self._finish = finish

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self._span.running():
                return await self._body.__anext__()
        except StopAsyncIteration:
            self._finish()
            raise
        except BaseException as error:
            self._span.record(error)
            self._finish()
            raise

    def close(self) -> None:
        """Finish the span; Django calls it when the response is closed."""
        self._finish()

    def __del__(self) -> None:
        self._finish()
