"""
Runs one target: `python -m tests.fuzz.run TARGET [--seconds N] [FILE...]`.

With files, each is run once. Otherwise the target is fuzzed for some seconds, from its
corpus and the inputs found before: by atheris, which is guided by the coverage of the
package, or, if that cannot be installed, by hypothesis, which is not. Inputs that reach
new code are stored in `.fuzz/TARGET`; one that fails is stored there as `crash-...`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType

FuzzOne = Callable[[bytes], None]

HERE: Final = Path(__file__).parent
CORPUS: Final = HERE / "corpus"
TARGETS: Final = sorted(path.stem for path in (HERE / "targets").glob("*.py"))

FOUND: Final = HERE.parents[1] / ".fuzz"
"""Folder of inputs that reach new code; git ignores it."""

MAX_SIZE: Final = 4096
"""Maximum size of an input in bytes."""

TIMEOUT: Final = 30
"""Maximum seconds for an input: a hundred times the slowest, for busy machines."""

SEED: Final = 1 if os.environ.get("CI") else 0
"""
Seed of the inputs; 0 selects a random one.

In CI it is always the same, so that only the change under test can make a run fail.
"""

INSTRUMENTED: Final = "jaeger_client"
IMPORTED_LATE: Final = (
    "_internal.http_channel",
    "_internal.http_client.connection",
    "codecs.w3c",
    "config.explanation",
    "reporter.rpc_metrics",
    "sampler.strategies_file",
)
"""Modules that are imported in functions: instrumented then, they take seconds."""


def main() -> None:
    """Run the target of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=FOUND)
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    if options.files:
        fuzz_one = load(options.target)
        for file in options.files:
            print(file, flush=True)
            fuzz_one(file.read_bytes())
        return
    found = options.found / options.target
    found.mkdir(parents=True, exist_ok=True)
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        fuzz_with_hypothesis(options.target, options.seconds, found)
    else:
        fuzz_with_atheris(atheris, options.target, options.seconds, found)


def load(target: str) -> FuzzOne:
    """Return the function that tries one input of *target*."""
    fuzz_one: FuzzOne = importlib.import_module(f"tests.fuzz.targets.{target}").fuzz_one

    def try_one(data: bytes) -> None:
        try:
            fuzz_one(data)
        except Exception as error:  # noqa: BLE001 - the target's own, too
            # atheris ends without output if the error cannot be converted to text.
            traceback.print_exc()
            msg = f"the target failed: {type(error).__name__}, see above"
            raise RuntimeError(msg) from None

    return try_one


def corpus_of(target: str) -> list[Path]:
    """Return the committed inputs of *target*."""
    return sorted((CORPUS / target).iterdir())


def fuzz_with_atheris(atheris: Any, target: str, seconds: int, found: Path) -> None:
    """Fuzz by libFuzzer, which ends the process."""
    assert INSTRUMENTED not in sys.modules, "imported too early to be instrumented"
    with atheris.instrument_imports(include=[INSTRUMENTED]):
        for module in IMPORTED_LATE:
            importlib.import_module(f"{INSTRUMENTED}.{module}")
        fuzz_one = load(target)

        def try_one(data: bytes) -> None:
            with saved_if_it_fails(data, found):
                fuzz_one(data)

        options = [
            f"-max_total_time={seconds}",
            f"-seed={SEED}",
            f"-max_len={MAX_SIZE}",
            f"-timeout={TIMEOUT}",
            f"-artifact_prefix={found}{os.sep}",
            "-print_final_stats=1",
        ]
        words = HERE / "dictionaries" / target
        if words.exists():
            options.append(f"-dict={words}")
        folders = [str(found), str(CORPUS / target)]
        atheris.Setup([sys.argv[0], *options, *folders], try_one)
        atheris.Fuzz()


def fuzz_with_hypothesis(target: str, seconds: int, found: Path) -> None:
    """Fuzz with inputs that hypothesis derives from those of the corpus."""
    from hypothesis import given, settings  # noqa: PLC0415 - atheris needs none of it

    from tests.fuzz.mutations import mutations_of  # noqa: PLC0415 - as above

    fuzz_one = load(target)
    inputs = [path.read_bytes() for path in (*corpus_of(target), *found.iterdir())]

    def try_one(data: bytes) -> None:
        with saved_if_it_fails(data, found), limited_time():
            fuzz_one(data[:MAX_SIZE])

    test: Any = settings(database=None)(given(mutations_of(inputs))(try_one))
    source = random.Random(SEED or None)
    end = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < end:
        test.hypothesis.fuzz_one_input(source.randbytes(MAX_SIZE))
        runs += 1
    print(f"Done {runs} runs with hypothesis in {seconds} s")


@contextlib.contextmanager
def saved_if_it_fails(data: bytes, found: Path) -> Generator[None]:
    """
    Write an input that fails to a file, named as libFuzzer names them.

    libFuzzer itself writes it, too, unless its timer ends the process at that moment.
    """
    try:
        yield
    except Exception:
        name = f"crash-{hashlib.sha1(data).hexdigest()}"
        (found / name).write_bytes(data)
        raise


@contextlib.contextmanager
def limited_time() -> Generator[None]:
    """Raise an error after `TIMEOUT` seconds."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        msg = f"the input takes more than {TIMEOUT} s"
        raise TimeoutError(msg)

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(TIMEOUT)
    try:
        yield
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    main()
