"""
Builds the services of the Go and the Node client from locked versions, once.

Run as a program it builds those whose tools are installed: `python -m
tests.real.clients.build`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.real.cache import folder_of, go_build, made_once, run

CLIENTS: Final = Path(__file__).parent
GO: Final = CLIENTS / "go"
NODE: Final = CLIENTS / "node"

RequireTool = Callable[[str, str], str]
"""Returns the path of a tool by its name, or explains how to get it."""


def go_command(require_tool: RequireTool) -> list[str | Path]:
    """Return the command of the Go client's service, which is built if necessary."""
    go = require_tool("go", "the Go client is built with it; install Go 1.23 or newer")
    made_of = [GO / name for name in ("go.mod", "go.sum", "main.go")]
    folder = folder_of("client-go", *made_of)
    return [go_build(go, GO, ".", folder / "relay")]


def node_command(require_tool: RequireTool) -> list[str | Path]:
    """Return the command of the Node client's service, fetched if necessary."""
    node = require_tool("node", "the Node client runs in it; install Node 18 or newer")
    npm = require_tool("npm", "it fetches the Node client; it comes with Node")
    locked = [NODE / name for name in ("package.json", "package-lock.json")]
    service = NODE / "service.js"

    def build(unfinished: Path) -> None:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        # The service is stored beside its modules, because Node looks for them there.
        for path in (*locked, service):
            shutil.copy(path, unfinished)
        # The lock file contains hashes and no addresses.
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts")
        run([npm, "ci", *quiet], unfinished, "fetching the Node client")

    made = made_once(folder_of("client-node", *locked, service) / "service", build)
    return [node, made / service.name]


Command = Callable[[RequireTool], list[str | Path]]

COMMANDS: Final[Mapping[str, Command]] = {"go": go_command, "node": node_command}
"""The command of the service of each foreign client."""


def main() -> None:
    """Build everything that can be built on this machine."""
    for command in COMMANDS.values():
        sys.stdout.write(f"{_outcome(command)}\n")


def _outcome(command: Command) -> str:
    try:
        return " ".join(map(str, command(find_tool)))
    except FileNotFoundError as missing:
        return f"{missing}; tests are skipped"


def find_tool(name: str, how_to_get: str) -> str:
    """
    Return the path of a tool.

    Raises:
        FileNotFoundError: If this machine lacks it; the message explains how to get it.
    """
    path = shutil.which(name)
    if path is None:
        msg = f"{name} is missing: {how_to_get}"
        raise FileNotFoundError(msg)
    return path


if __name__ == "__main__":
    main()
