"""The fakes and fixtures that ship with the package."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import opentracing
import pytest

from jaeger_client import Config, testing
from jaeger_client.testing import (
    CountingIds,
    FakeClock,
    MemorySender,
    MemoryTracer,
    memory_tracer,
)

# As an application may take single fixtures into its conftest.py.
jaeger_tracer = testing.jaeger_tracer
global_jaeger_tracer = testing.global_jaeger_tracer
fake_clock = testing.fake_clock

EXAMPLE = Path(__file__).parents[2] / "examples" / "testing"


def test_clock_stands_still() -> None:
    """A fake clock stands still by itself."""
    clock = FakeClock(time=100.0, monotonic=5.0)

    assert (100.0, 100.0, 5.0) == (clock.time(), clock.time(), clock.monotonic())


def test_clock_goes_on() -> None:
    """`advance` and `sleep` advance both of its times at once."""
    clock = FakeClock(time=100.0, monotonic=5.0)

    clock.advance(2.5)
    clock.sleep(0.5)

    assert (103.0, 8.0) == (clock.time(), clock.monotonic())
    assert "<FakeClock time=103.0 monotonic=8.0>" == repr(clock)


def test_clock_keeps_its_sleeps() -> None:
    """The clock has a list of how long each sleep was to take."""
    clock = FakeClock()

    clock.sleep(2.0)
    clock.advance(1.0)
    clock.sleep(0.5)

    assert [2.0, 0.5] == clock.sleeps


def test_clock_of_a_memory_tracer() -> None:
    """A memory tracer takes the times of its spans from the clock it is given."""
    clock = FakeClock(time=100.0)
    with memory_tracer(clock=clock) as tracer, tracer.start_active_span("op"):
        clock.advance(2.5)

    assert [(100.0, 102.5)] == [(op.start_time, op.end_time) for op in tracer.spans]


def test_clock_of_a_config() -> None:
    """A tracer made by Config takes the times of its spans from Config's clock."""
    settings = {"sampler": {"type": "const", "param": 1}}
    config = Config(settings, service_name="svc", clock=FakeClock(time=100.0))
    with config.new_tracer() as tracer:
        span = tracer.start_span("op")

    assert 100.0 == span.start_time


def test_ids_count() -> None:
    """Counting ids are 1, 2, 3, cut to the bits that are asked for."""
    ids = CountingIds()

    assert [1, 2, 3, 0] == [ids.getrandbits(bits) for bits in (64, 128, 64, 2)]


def test_ids_count_on_in_a_child() -> None:
    """After a fork the child counts on."""
    ids = CountingIds()
    ids.getrandbits(64)

    ids.after_fork_in_child()

    assert 2 == ids.getrandbits(64)


def test_memory_tracer() -> None:
    """`memory_tracer` gives a tracer that keeps its finished spans, with ids 1, 2."""
    with memory_tracer("svc") as tracer:
        tracer.start_span("unfinished")
        with tracer.start_active_span("op"):
            tracer.start_span("child").finish()

    assert ["3:2 child", "2:0 op"] == [
        f"{span.span_id}:{span.parent_id or 0} {span.operation_name}"
        for span in tracer.spans
    ]
    assert "svc" == tracer.service_name
    assert repr(tracer).startswith("<Tracer 'svc' closed")


def test_memory_sender_is_here_too() -> None:
    """The sender that keeps its payloads is among the fakes."""
    assert "MemorySender" in testing.__all__
    assert [] == MemorySender().payloads


def test_fixture_of_a_tracer(jaeger_tracer: MemoryTracer) -> None:
    """The fixture `jaeger_tracer` is a tracer whose finished spans can be read."""
    jaeger_tracer.start_span("op").finish()

    assert ["op"] == [span.operation_name for span in jaeger_tracer.spans]


def test_fixture_of_a_clock(jaeger_tracer: MemoryTracer, fake_clock: FakeClock) -> None:
    """The fixture `fake_clock` is the clock of `jaeger_tracer`."""
    with jaeger_tracer.start_active_span("op"):
        fake_clock.advance(2.5)

    (span,) = jaeger_tracer.spans
    assert (1_700_000_000.0, 1_700_000_002.5) == (span.start_time, span.end_time)


def test_fixture_of_the_global_tracer(
    global_jaeger_tracer: MemoryTracer, jaeger_tracer: MemoryTracer
) -> None:
    """The fixture `global_jaeger_tracer` sets `jaeger_tracer` as the global tracer."""
    assert jaeger_tracer is global_jaeger_tracer
    assert jaeger_tracer is opentracing.global_tracer()


@pytest.mark.parametrize("is_registered", [False, True])
def test_the_global_tracer_is_restored(
    is_registered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the block the global tracer is the previous one, registered or not."""
    previous = opentracing.Tracer()
    monkeypatch.setattr(opentracing, "tracer", previous)
    monkeypatch.setattr(opentracing, "is_tracer_registered", is_registered)

    with memory_tracer(set_global=True) as tracer:
        assert tracer is opentracing.global_tracer()

    assert previous is opentracing.global_tracer()
    assert is_registered is opentracing.is_global_tracer_registered()


def test_the_example() -> None:
    """`pytest_plugins = ["jaeger_client.testing"]` makes the fixtures available."""
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE))
    # Options of this run are not options of the application's.
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *options, EXAMPLE],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=50,
    )

    assert done.stdout.startswith(".."), done.stdout + done.stderr
    assert 0 == done.returncode


def test_without_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pytest the fakes are there and the fixtures are not."""
    monkeypatch.setitem(sys.modules, "pytest", None)
    path = Path(str(testing.__file__))
    spec = importlib.util.spec_from_file_location("testing_alone", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(module)

    assert hasattr(module, "FakeClock")
    assert not hasattr(module, "jaeger_tracer")
