"""The backends of text files hold the contract."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, ClassVar, Final

from backends.sql_sources import FILE_HAS_NO_CREDENTIALS, SqlContract
from backends.text_sources import FilesContract, write, write_csv
from forwardresolve_backends.aliases import Aliases
from forwardresolve_backends.csv_files import CsvFiles
from forwardresolve_backends.exim import CPanel, DirectAdmin, Hestia
from forwardresolve_backends.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from forwardresolve.sdk import Secret
    from forwardresolve.testing import World
    from forwardresolve.testing.worlds import ForwardPair
    from servers.sql import Database

NO_SECRETS: Final = {"credentials": "a file has none"}
PLAIN_NAMES: Final = {
    "upper_case": "the names of domains are names of files, written as the panel writes them",
    "idn": "the panel writes A-labels",
    "trailing_dot": "the panel writes no trailing dots",
    "blanks": "blanks mean nothing in the files of the panel",
}


class TestAliases(FilesContract):
    lacks: ClassVar[Any] = {
        **NO_SECRETS,
        "mailboxes": "accounts of the host stand in passwd(5)",
        "domain_aliases": "aliases(5) knows no domains",
        "inactive_domains": "aliases(5) knows no domains",
        "inactive_mailboxes": "accounts of the host stand in passwd(5)",
        "inactive_forwards": "a line that does not count is a comment",
    }
    forward_table = "local"

    def make_backend(self, world: World, tmp_path: Path) -> Aliases:
        write(tmp_path / "aliases", (f'"{source}": {", ".join(to)}' for source, to in world.forwards))
        return Aliases(path=[tmp_path / "aliases"], domains=world.domains)

    def root(self, backend: Aliases) -> Path:
        return backend.path[0].parent


class TestCsvFiles(FilesContract):
    lacks: ClassVar[Any] = NO_SECRETS

    def make_backend(self, world: World, tmp_path: Path) -> CsvFiles:
        root = tmp_path / "csv"
        root.mkdir(exist_ok=True)
        domains = [(each, "1") for each in world.domains] + [(each, "0") for each in world.inactive_domains]
        boxes = [(each, "1") for each in world.mailboxes]
        boxes += [(each, "0") for each in world.inactive_mailboxes]
        forwards = [(source, ", ".join(to), "1") for source, to in world.forwards]
        forwards += [(source, ", ".join(to), "0") for source, to in world.inactive_forwards]
        write_csv(root / "domains.csv", ("domain", "active"), domains)
        write_csv(root / "mailboxes.csv", ("address", "active"), boxes)
        write_csv(root / "forwards.csv", ("source", "destination", "active"), forwards)
        write_csv(
            root / "twins.csv", ("target_domain", "alias_domain"), (t[::-1] for t in world.domain_aliases)
        )
        return CsvFiles(
            domains=root / "domains.csv",
            mailboxes=root / "mailboxes.csv",
            forwards=root / "forwards.csv",
            alias_domains=root / "twins.csv",
        )

    def root(self, backend: CsvFiles) -> Path:
        assert backend.domains is not None
        return backend.domains.parent


class EximContract(FilesContract):
    """What the panels on Exim have in common: a file of aliases and one of mailboxes a domain."""

    lacks: ClassVar[Any] = {
        **NO_SECRETS,
        **PLAIN_NAMES,
        "domain_aliases": "a further domain has files of its own, or a link to those of the first",
        "inactive_domains": "the panel takes a domain that is switched off out of its lists",
        "inactive_mailboxes": "the panel takes a mailbox that is switched off out of the file",
        "inactive_forwards": "the panel takes a forwarding that is switched off out of the file",
    }


def parts(world: World, domain: str) -> tuple[list[ForwardPair], list[str]]:
    """Return the forwardings and the local parts of the mailboxes of one domain."""
    forwards = [(source, to) for source, to in world.forwards if source.endswith(f"@{domain}")]
    boxes = [box.partition("@")[0] for box in world.mailboxes if box.endswith(f"@{domain}")]
    return forwards, boxes


def lines(forwards: Iterable[ForwardPair]) -> Iterator[str]:
    """Write aliases with whole addresses."""
    for source, destinations in forwards:
        name = f"*{source}" if source.startswith("@") else source
        yield f"{name}: {', '.join(destinations)}"


ALWAYS_COPIES: Final = {"mailboxes": "one that forwards keeps a copy, so it cannot hold one that does not"}


class TestCPanel(EximContract):
    lacks: ClassVar[Any] = {**EximContract.lacks, **ALWAYS_COPIES}

    def make_backend(self, world: World, tmp_path: Path) -> CPanel:
        root = tmp_path / "server"
        write(root / "etc/localdomains", world.domains)
        write(root / "etc/userdomains", (f"{domain}: customer" for domain in world.domains))
        for domain in world.domains:
            forwards, boxes = parts(world, domain)
            write(root / "etc/valiases" / domain, lines(forwards))
            write(root / "home/customer/etc" / domain / "passwd", (f"{box}:x:1:1::/:/" for box in boxes))
        return CPanel(root=root)

    def root(self, backend: CPanel) -> Path:
        return backend.root


class TestDirectAdmin(EximContract):
    lacks: ClassVar[Any] = {**EximContract.lacks, **ALWAYS_COPIES}

    def make_backend(self, world: World, tmp_path: Path) -> DirectAdmin:
        root = tmp_path / "virtual"
        write(root / "domains", world.domains)
        for domain in world.domains:
            forwards, boxes = parts(world, domain)
            write(
                root / domain / "aliases", (line.replace(f"@{domain}:", ":", 1) for line in lines(forwards))
            )
            write(root / domain / "passwd", (f"{box}:hash:1:1::/:/" for box in boxes))
        return DirectAdmin(directory=root)

    def root(self, backend: DirectAdmin) -> Path:
        return backend.directory


class TestHestia(EximContract):
    def make_backend(self, world: World, tmp_path: Path) -> Hestia:
        root = tmp_path / "domains"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        for domain in world.domains:
            forwards, boxes = parts(world, domain)
            write(root / domain / "aliases", (line.replace(": ", ":") for line in lines(forwards)))
            write(root / domain / "passwd", (f"{box}:{{MD5}}x:c:mail::/home/c" for box in boxes))
            write(root / domain / "fwd_only", boxes)
        return Hestia(directory=root)

    def break_backend(self, backend: Hestia) -> None:
        super().break_backend(backend)
        backend.directory.rename(backend.directory.with_name("gone"))

    def root(self, backend: Hestia) -> Path:
        return backend.directory


class TestSieve(SqlContract):
    lacks: ClassVar[Any] = {
        **FILE_HAS_NO_CREDENTIALS,
        "domains": "scripts say nothing about domains",
        "mailboxes": "a script stands for forwardings only",
        "catch_alls": "a script belongs to one mailbox",
        "domain_aliases": "scripts say nothing about domains",
        "inactive_domains": "scripts say nothing about domains",
        "inactive_mailboxes": "a script stands for forwardings only",
    }
    forward_table = "sieve"

    def fill(self, database: Database, world: World) -> None:
        database.execute("CREATE TABLE scripts (address TEXT, script TEXT, active INTEGER)")
        rows = [(*each, 1) for each in world.forwards] + [(*each, 0) for each in world.inactive_forwards]
        scripts = [
            {"address": source, "script": script(source, destinations), "active": active}
            for source, destinations, active in rows
        ]
        if scripts:
            database.insert("scripts", *scripts)

    def backend(self, url: Secret) -> Sieve:
        return Sieve(url=url, query="SELECT address, script, active FROM scripts")


def script(source: str, destinations: Sequence[str]) -> str:
    """Write a script that redirects to the others and keeps mail where the source is among them."""
    commands = [f'redirect "{each}";' for each in destinations if each != source]
    return " ".join([*commands, *(["keep;"] if source in destinations else [])])
