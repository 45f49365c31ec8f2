"""The lifespan protocol of ASGI: the tracer is closed at the server's shutdown."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import opentracing
import pytest

from jaeger_client import Tracer
from jaeger_client.instrumentation.asgi import TracerLifespan
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaeger_client.instrumentation.asgi import (
        Application,
        ClosableTracer,
        Message,
        Receive,
        Scope,
        Send,
    )

STARTUP: Final = "lifespan.startup"
STARTED: Final = "lifespan.startup.complete"
START_FAILED: Final = "lifespan.startup.failed"
SHUTDOWN: Final = "lifespan.shutdown"
STOPPED: Final = "lifespan.shutdown.complete"
STOP_FAILED: Final = "lifespan.shutdown.failed"
CLOSED: Final = "tracer closed"

Events = list[str]


class RecordingTracer:
    """A tracer that records when it is closed."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.timeouts: list[float] = []

    async def aclose(self, timeout: float = 5.0) -> bool:
        """Record it, after a moment in which the server can continue."""
        await asyncio.sleep(0)
        self.timeouts.append(timeout)
        self.events.append(CLOSED)
        return True


class BrokenTracer:
    """A tracer that cannot be closed."""

    async def aclose(self, timeout: float = 5.0) -> bool:
        """Fail."""
        msg = "broken"
        raise OSError(msg)


class Server:
    """A server that sends startup and shutdown, and records the replies."""

    def __init__(
        self,
        application: Callable[[Events], Application],
        tracer: Callable[[Events], ClosableTracer | None] = RecordingTracer,
    ) -> None:
        self.events: Events = []
        self.app = TracerLifespan(application(self.events), tracer(self.events))
        self._requests: asyncio.Queue[str] = asyncio.Queue()
        self._learned = asyncio.Event()

    async def receive(self) -> Message:
        """Return the next message to the application."""
        return {"type": await self._requests.get()}

    async def send(self, message: Message) -> None:
        """Receive a reply."""
        self.events.append(str(message["type"]))
        self._learned.set()

    async def run(self, *, cancel: bool = False) -> BaseException | None:
        """Serve from startup to shutdown; return the error of the application."""
        scope: Scope = {"type": "lifespan"}
        task = asyncio.ensure_future(self.app(scope, self.receive, self.send))
        await self._requests.put(STARTUP)
        learned = asyncio.ensure_future(self._learned.wait())
        await asyncio.wait({learned, task}, return_when=asyncio.FIRST_COMPLETED)
        learned.cancel()
        self.events.append("serving")
        if cancel:
            task.cancel()
        await self._requests.put(SHUTDOWN)
        await asyncio.wait({task}, timeout=5)
        assert task.done()
        return None if task.cancelled() else task.exception()


def live(
    application: Callable[[Events], Application],
    *,
    cancel: bool = False,
) -> tuple[Events, BaseException | None]:
    """Return the events of a server's life, and the messages to the application."""

    async def main() -> tuple[Events, BaseException | None]:
        server = Server(application)
        error = await server.run(cancel=cancel)
        return server.events, error

    return asyncio.run(main())


def replying(
    *replies: str, error: Exception | None = None
) -> Callable[..., Application]:
    """Return an application that sends the given replies, then raises or returns."""

    def make(events: Events) -> Application:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            for reply in replies:
                events.append(f"app got {(await receive())['type']}")
                await send({"type": reply})
            if error is not None:
                raise error

        return app

    return make


def test_the_tracer_is_closed_after_the_application_and_before_the_server() -> None:
    """The application's shutdown comes first, the reply to the server last."""
    events, error = live(replying(STARTED, STOPPED))

    assert error is None
    assert [
        f"app got {STARTUP}",
        STARTED,
        "serving",
        f"app got {SHUTDOWN}",
        CLOSED,
        STOPPED,
    ] == events


def test_a_failed_shutdown_closes_the_tracer() -> None:
    """The tracer is closed before the server receives the reply."""
    events, _ = live(replying(STARTED, STOP_FAILED))

    assert [CLOSED, STOP_FAILED] == events[-2:]


def test_a_failed_startup_closes_the_tracer() -> None:
    """The server, which may end then, receives the reply and its message after."""
    reason = ValueError("no database")

    events, error = live(replying(START_FAILED, error=reason))

    assert reason is error
    assert [f"app got {STARTUP}", CLOSED, START_FAILED, "serving"] == events


@pytest.mark.parametrize("error", [None, ValueError("http only")])
def test_an_application_without_lifespan(error: Exception | None) -> None:
    """The wrapper replies, whether the application raises or returns."""
    events, raised = live(replying(error=error))

    assert raised is None
    assert [STARTED, "serving", CLOSED, STOPPED] == events


def test_an_application_that_ends_early() -> None:
    """The wrapper waits for the shutdown in its place."""
    events, error = live(replying(STARTED))

    assert error is None
    assert [STARTED, "serving", CLOSED, STOPPED] == events[1:]


def ignoring(
    *messages: str, error: Exception | None = None
) -> Callable[..., Application]:
    """Return an application that starts, receives *messages* and does not reply."""

    def make(events: Events) -> Application:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            for message in messages:
                assert message == (await receive())["type"]
                if message == STARTUP and len(messages) > 1:
                    await send({"type": STARTED})
            if error is not None:
                raise error

        return app

    return make


@pytest.mark.parametrize("messages", [[STARTUP], [STARTUP, SHUTDOWN]])
def test_an_application_that_does_not_reply(messages: list[str]) -> None:
    """The wrapper sends the missing replies."""
    events, error = live(ignoring(*messages))

    assert error is None
    assert [STARTED, "serving", CLOSED, STOPPED] == events


def test_an_error_during_startup_reaches_the_server() -> None:
    """The server may serve without lifespan, so the tracer stays open."""
    reason = ValueError("no database")

    events, error = live(ignoring(STARTUP, error=reason))

    assert reason is error
    assert ["serving"] == events


def test_an_error_while_serving_reaches_the_server_at_shutdown() -> None:
    """Until then the server serves with an open tracer."""
    reason = ValueError("lost connection")

    events, error = live(replying(STARTED, error=reason))

    assert reason is error
    assert [STARTED, "serving", CLOSED] == events[1:]


def test_an_error_during_shutdown_reaches_the_server() -> None:
    """The tracer is closed before the error is raised."""
    reason = ValueError("busy")

    events, error = live(ignoring(STARTUP, SHUTDOWN, error=reason))

    assert reason is error
    assert [STARTED, "serving", CLOSED] == events


def test_an_error_after_the_shutdown_reaches_the_server() -> None:
    """The tracer is closed once, before the error."""
    reason = ValueError("late")

    events, error = live(replying(STARTED, STOPPED, error=reason))

    assert reason is error
    assert [CLOSED, STOPPED] == events[-2:]


def test_a_cancelled_lifespan_closes_the_tracer() -> None:
    """A server that does not wait for the shutdown cancels the application."""
    events, _ = live(replying(STARTED, STOPPED), cancel=True)

    assert [STARTED, "serving", CLOSED] == events[1:]


def test_a_cancelled_startup_leaves_the_tracer_open() -> None:
    """A server may cancel the lifespan and serve without it."""

    def hanging(events: Events) -> Application:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await asyncio.Event().wait()

        return app

    async def main() -> Events:
        server = Server(hanging)
        running = server.app({"type": "lifespan"}, server.receive, server.send)
        task = asyncio.ensure_future(running)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return server.events

    assert [] == asyncio.run(main())


def test_requests_are_passed_on_unchanged() -> None:
    """The application receives the same objects as without the wrapper."""
    passed: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.extend((scope, receive, send))

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None: ...

    scope: Scope = {"type": "http"}
    asyncio.run(TracerLifespan(app)(scope, receive, send))

    assert [scope, receive, send] == passed
    assert scope is passed[0]


def test_a_tracer_that_fails_does_not_disturb_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error of closing is logged; the server receives a normal reply."""

    async def main() -> tuple[Events, BaseException | None]:
        server = Server(replying(STARTED, STOPPED), lambda events: BrokenTracer())
        return server.events, await server.run()

    with caplog.at_level(logging.ERROR):
        events, error = asyncio.run(main())

    assert error is None
    assert STOPPED == events[-1]
    assert "closing <" in caplog.text


def test_the_timeout_reaches_the_tracer() -> None:
    """`aclose` is called with the wrapper's timeout."""

    async def main() -> list[float]:
        tracer = RecordingTracer([])
        server = Server(replying(STARTED, STOPPED))
        server.app = TracerLifespan(
            replying(STARTED, STOPPED)([]),
            tracer,
            timeout=0.5,
        )
        await server.run()
        return tracer.timeouts

    assert [0.5] == asyncio.run(main())


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_global_tracer_is_closed_by_default(
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_ours: bool,
) -> None:
    """It is looked up at shutdown; OpenTracing's default needs no closing."""
    tracer = Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))

    async def main() -> BaseException | None:
        server = Server(replying(STARTED, STOPPED), lambda events: None)
        ours = tracer if is_ours else opentracing.Tracer()
        monkeypatch.setattr(opentracing, "tracer", ours)
        monkeypatch.setattr(opentracing, "is_tracer_registered", True, raising=False)
        return await server.run()

    assert asyncio.run(main()) is None
    assert is_ours is (" closed, " in repr(tracer))


def test_repr_names_the_application() -> None:
    """The repr contains the wrapped application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert f"<TracerLifespan of {app!r}>" == repr(TracerLifespan(app))
