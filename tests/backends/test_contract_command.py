"""The backend ``command`` holds the contract; its programs are in Python, so that they run everywhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from forwardresolve.sdk import Domain, DomainAlias, Forward, Mailbox, Secret, write_records
from forwardresolve.testing import BackendContract
from forwardresolve_backends.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve.sdk import Record
    from forwardresolve.testing import World

PROGRAM: Final = """\
import os, sys
if os.environ.get("PANEL_TOKEN") != "t0ken-of-the-panel":
    print("the panel refuses the token", file=sys.stderr)
    sys.exit(77)
with open(sys.argv[1]) as file:
    for line in file:
        print(line, end="")
"""


def records_of(world: World) -> Iterator[Record]:
    yield from map(Domain, world.domains)
    yield from (Domain(each, "suspended") for each in world.inactive_domains)
    yield from (DomainAlias(*each) for each in world.domain_aliases)
    yield from map(Mailbox, world.mailboxes)
    yield from (Forward(*each) for each in world.forwards)


class TestCommand(BackendContract):
    lacks: ClassVar[Any] = {
        "inactive_forwards": "the program leaves them out",
        "inactive_mailboxes": "the program leaves them out",
    }

    def make_backend(self, world: World, tmp_path: Path) -> Command:
        program, printed = tmp_path / "panel.py", tmp_path / "printed"
        program.write_text(PROGRAM)
        printed.write_text("".join(f"{line}\n" for line in write_records(records_of(world))))
        return Command(
            program=[sys.executable, str(program), str(printed)],
            timeout=60,
            environment={"PANEL_TOKEN": Secret("t0ken-of-the-panel")},
            version_program=[sys.executable, str(program), str(printed)],
        )

    def break_backend(self, backend: Command) -> None:
        os.truncate(backend.program[-1], 0)

    def deny_backend(self, backend: Command) -> Command:
        return attrs.evolve(backend, environment={"PANEL_TOKEN": Secret("wr0ng-token")})
