"""The backend ``postfix`` holds the contract over tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from backends.postfix_configuration import write_main_cf
from backends.text_sources import FilesContract, write
from forwardresolve_backends.postfix import Postfix
from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.testing import World


class _OverText(FilesContract):
    lacks: ClassVar[Any] = {
        "credentials": "a file has none",
        "blanks": "a blank ends a key",
        "inactive_domains": "a line that does not count is a comment",
        "inactive_mailboxes": "a line that does not count is a comment",
        "inactive_forwards": "a line that does not count is a comment",
    }

    def make_backend(self, world: World, tmp_path: Path) -> Postfix:
        etc = write_main_cf(
            tmp_path / "etc",
            virtual_mailbox_domains="texthash:{here}/domains",
            virtual_mailbox_maps="texthash:{here}/boxes",
            virtual_alias_maps="texthash:{here}/virtual texthash:{here}/twins",
        )
        twins = [*world.domain_aliases]
        write(etc / "domains", (f"{each} ok" for each in (*world.domains, *(t[0] for t in twins))))
        write(etc / "boxes", (f"{each} here" for each in world.mailboxes))
        write(etc / "virtual", (f"{source} {', '.join(to)}" for source, to in world.forwards))
        write(etc / "twins", (f"@{alias} @{target}" for alias, target in twins))
        return Postfix(config_dir=etc)

    def root(self, backend: Postfix) -> Path:
        assert backend.config_dir is not None
        return backend.config_dir


@pytest.mark.usefixtures("stand_ins")
class TestPostfix(_OverText):
    """Without a Postfix."""


@pytest.mark.live
class TestInstalledPostfix(_OverText):
    """With the programs of a Postfix that is installed."""

    @pytest.fixture(autouse=True)
    def _programs(self) -> None:
        find_program("postconf", "postfix")
