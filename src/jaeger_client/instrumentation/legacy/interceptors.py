"""Functions of the application that see each traced HTTP request before it is sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.instrumentation.legacy._requests import AbstractRequestWrapper

__all__ = ["ClientInterceptors", "OpenTracingInterceptor"]


class OpenTracingInterceptor(ABC):
    """Changes the span of a request, or the request itself, before it is sent."""

    @abstractmethod
    def process(self, request: AbstractRequestWrapper, span: opentracing.Span) -> None:
        """
        Process *request* and its *span*.

        Called on the thread that sends the request, before the trace context is added
        to its headers. If it raises, that is logged, and the request is sent.
        """


class ClientInterceptors:
    """The interceptors of all HTTP hooks of this process."""

    _interceptors: ClassVar[list[OpenTracingInterceptor]] = []

    @classmethod
    def append(cls, interceptor: OpenTracingInterceptor) -> None:
        """
        Add an interceptor, to be called after the others.

        Raises:
            ValueError: If *interceptor* is not an `OpenTracingInterceptor`.
        """
        cls._check(interceptor)
        cls._interceptors.append(interceptor)

    @classmethod
    def insert(cls, index: int, interceptor: OpenTracingInterceptor) -> None:
        """
        Add an interceptor, to be called before the one at *index*.

        Raises:
            ValueError: If *interceptor* is not an `OpenTracingInterceptor`.
        """
        cls._check(interceptor)
        cls._interceptors.insert(index, interceptor)

    @classmethod
    def get_interceptors(cls) -> list[OpenTracingInterceptor]:
        """Return the interceptors, in the order in which they are called."""
        return cls._interceptors

    @classmethod
    def clear(cls) -> None:
        """Remove all interceptors."""
        del cls._interceptors[:]

    @classmethod
    def _check(cls, interceptor: object) -> None:
        if not isinstance(interceptor, OpenTracingInterceptor):
            msg = (
                "ClientInterceptors only accepts instances of OpenTracingInterceptor, "
                f"got {interceptor!r}"
            )
            raise ValueError(msg)  # noqa: TRY004 - the type that 3.3.1 raised
