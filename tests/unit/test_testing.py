"""The fakes and fixtures that users may use too."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jaeger_client import testing
from jaeger_client.testing import (
    CountingIds,
    FakeClock,
    MemorySender,
    MemoryTracer,
    memory_tracer,
)

if TYPE_CHECKING:
    import pytest

# As an application may take single fixtures into its conftest.py.
jaeger_tracer = testing.jaeger_tracer
fake_clock = testing.fake_clock

TEST_OF_AN_APPLICATION = """
def test_app(jaeger_tracer, fake_clock):
    jaeger_tracer.start_span("op").finish()
    assert 1 == len(jaeger_tracer.spans)
    assert 0 == fake_clock.monotonic()
"""


def test_clock_stands_still() -> None:
    """A fake clock goes only when it is told to."""
    clock = FakeClock(time=100.0, monotonic=5.0)

    assert (100.0, 100.0, 5.0) == (clock.time(), clock.time(), clock.monotonic())


def test_clock_goes_on() -> None:
    """`advance` and `sleep` move both of its times on, at once."""
    clock = FakeClock(time=100.0, monotonic=5.0)

    clock.advance(2.5)
    clock.sleep(0.5)

    assert (103.0, 8.0) == (clock.time(), clock.monotonic())
    assert "<FakeClock time=103.0 monotonic=8.0>" == repr(clock)


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


def test_fixture_of_a_clock(fake_clock: FakeClock) -> None:
    """The fixture `fake_clock` is a clock that starts at 0."""
    assert 0.0 == fake_clock.monotonic()


def test_fixtures_as_a_plugin(tmp_path: Path) -> None:
    """`pytest_plugins = ["jaeger_client.testing"]` brings the fixtures."""
    plugins = 'pytest_plugins = ["jaeger_client.testing"]'
    (tmp_path / "conftest.py").write_text(plugins)
    (tmp_path / "test_app.py").write_text(TEST_OF_AN_APPLICATION)

    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "--rootdir=.", "."],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=50,
    )

    assert done.stdout.startswith("."), done.stdout + done.stderr
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
