"""The command line: commands, options and error messages."""

from __future__ import annotations

import pytest

from jaeger_client import __version__
from jaeger_client.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the name of the distribution and its version."""
    with pytest.raises(SystemExit) as exit_info:
        main(["--version"])

    assert 0 == exit_info.value.code
    assert f"jaeger-client {__version__}\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "arguments are required: COMMAND"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
        (["demo", "--requests", "0"], "a whole number of at least 1, got '0'"),
        (["demo", "--requests", "x"], "a whole number of at least 1, got 'x'"),
    ],
)
def test_an_invalid_command_line_is_refused(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    """The exit code is 2, and a message describes the error."""
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)

    assert 2 == exit_info.value.code
    assert complaint in capsys.readouterr().err
