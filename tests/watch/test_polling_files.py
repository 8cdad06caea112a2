"""A file changes, in every way in which files change, and polling sees it, for every backend of files."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

import pytest

from backends.postfix_configuration import write_main_cf
from forwardresolve import file_versions
from forwardresolve.pace import Pace
from forwardresolve.watch.polling import Polling
from forwardresolve_backends.aliases import Aliases
from forwardresolve_backends.command import Command
from forwardresolve_backends.csv_files import CsvFiles
from forwardresolve_backends.exim import CPanel, DirectAdmin, Hestia
from forwardresolve_backends.postfix import Postfix
from forwardresolve_backends.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.sdk import Backend

    Change = Callable[[Path], object]

TICK: Final = 0.02
"""Seconds after which the file system tells another time."""


@pytest.fixture(autouse=True)
def _nothing_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only changes make a difference, not the age of files."""
    monkeypatch.setattr(file_versions, "_GRAIN", 0)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def is_seen(backend: Backend, root: Path, change: Change) -> bool:
    """Tell whether polling sees a change, after it has seen that there is none."""
    polling = Polling({"files": backend}, Pace(poll=1))
    polling.look(0)
    polling.was_read(0)
    assert polling.look(1).changed == ()
    time.sleep(TICK)
    change(root)
    look = polling.look(2)
    assert not look.failed
    return look.changed == ("files",)


def replace_with_the_same_size_and_time(path: Path, text: str) -> None:
    """Put another file in the place of one, as ``rsync -t`` of a clock that stands still would."""
    before = path.stat()
    assert len(text) == before.st_size
    other = write(path.with_name(".new"), text)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


def overwrite_with_the_same_size_and_time(path: Path, text: str) -> None:
    """Write into a file and set its time back."""
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_csv_file_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "forwards.csv", "source,destination\na@a.example,b@b.example\n")
    backend = CsvFiles(forwards=path)
    text = "source,destination\na@a.example,c@c.example\n"
    assert is_seen(backend, path, lambda path: replace_with_the_same_size_and_time(path, text))


@pytest.mark.parametrize(
    "change",
    [
        lambda root: write(root / "aliases", "info: :include:/nowhere\n"),
        lambda root: replace_with_the_same_size_and_time(root / "staff", "ben\n"),
        lambda root: overwrite_with_the_same_size_and_time(root / "deeper", "eve\n"),
        lambda root: write(root / "circle", f":include:{root}/deeper, ann\n"),
        lambda root: write(root / "late", "ann\n"),
        lambda root: (root / "staff").unlink(),
    ],
)
def test_aliases_and_the_lists_that_they_include_are_seen(tmp_path: Path, change: Change) -> None:
    write(tmp_path / "aliases", f"all: :include:{tmp_path}/staff, :include:{tmp_path}/circle\nroot: ann\n")
    write(tmp_path / "more", f"late: :include:{tmp_path}/late\n")
    write(tmp_path / "staff", "ann\n")
    write(tmp_path / "circle", f":include:{tmp_path}/deeper, :include:{tmp_path}/circle\n")
    write(tmp_path / "deeper", "cat\n")
    backend = Aliases(path=[tmp_path / "aliases", tmp_path / "more"])
    assert is_seen(backend, tmp_path, change)


def test_what_no_alias_names_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "aliases", "root: ann\n")
    backend = Aliases(path=[tmp_path / "aliases"])
    assert not is_seen(backend, tmp_path, lambda root: write(root / "staff", "ann\n"))


def test_a_list_that_is_included_anew_is_looked_at_from_then_on(tmp_path: Path) -> None:
    aliases = write(tmp_path / "aliases", f"all: :include:{tmp_path}/staff\n")
    write(tmp_path / "staff", "ann\n")
    write(tmp_path / "deeper", "cat\n")
    backend = Aliases(path=[aliases])
    assert is_seen(backend, tmp_path, lambda root: write(root / "staff", f":include:{root}/deeper\n"))
    assert is_seen(backend, tmp_path, lambda root: write(root / "deeper", "eve\n"))


CPANEL_CHANGES: Final[dict[str, Change]] = {
    "a domain": lambda root: write(root / "etc/localdomains", "a.example\nb.example\n"),
    "an owner": lambda root: write(root / "etc/userdomains", "a.example: other\n"),
    "aliases": lambda root: replace_with_the_same_size_and_time(root / "etc/valiases/a.example", "x: z\n"),
    "no aliases": lambda root: (root / "etc/valiases/a.example").unlink(),
    "a mailbox": lambda root: write(root / "home/ann/etc/a.example/passwd", "x:\ny:\n"),
    "a domain forward": lambda root: write(root / "etc/vdomainaliases/a.example", "a.example: b.example\n"),
}


@pytest.mark.parametrize("change", CPANEL_CHANGES.values(), ids=CPANEL_CHANGES)
def test_the_files_of_cpanel_are_seen(tmp_path: Path, change: Change) -> None:
    write(tmp_path / "etc/localdomains", "a.example\n")
    write(tmp_path / "etc/userdomains", "a.example: ann\n")
    write(tmp_path / "etc/valiases/a.example", "x: y\n")
    write(tmp_path / "home/ann/etc/a.example/passwd", "x:\n")
    (tmp_path / "etc/vdomainaliases").mkdir()
    assert is_seen(CPanel(root=tmp_path), tmp_path, change)


DIRECTADMIN_CHANGES: Final[dict[str, Change]] = {
    "a domain": lambda root: write(root / "domains", "a.example\nlinked.example\nb.example\n"),
    "aliases": lambda root: overwrite_with_the_same_size_and_time(root / "a.example/aliases", "x:z\n"),
    "mailboxes": lambda root: write(root / "a.example/passwd", "ann:\n"),
    "a link that is turned": lambda root: link(root / "linked.example", "b.example"),
}


@pytest.mark.parametrize("change", DIRECTADMIN_CHANGES.values(), ids=DIRECTADMIN_CHANGES)
def test_the_files_of_directadmin_are_seen(tmp_path: Path, change: Change) -> None:
    write(tmp_path / "domains", "a.example\nlinked.example\n")
    write(tmp_path / "a.example/aliases", "x:y\n")
    write(tmp_path / "b.example/aliases", "x:y\n")
    (tmp_path / "linked.example").symlink_to("a.example")
    assert is_seen(DirectAdmin(directory=tmp_path), tmp_path, change)


HESTIA_CHANGES: Final[dict[str, Change]] = {
    "a domain": lambda root: (root / "b.example").mkdir(),
    "a domain that goes": lambda root: (root / "empty.example").rmdir(),
    "a domain that is renamed": lambda root: (root / "empty.example").rename(root / "full.example"),
    "aliases": lambda root: replace_with_the_same_size_and_time(root / "a.example/aliases", "x:z\n"),
    "mailboxes": lambda root: write(root / "a.example/passwd", "ann:\n"),
    "who keeps no copy": lambda root: write(root / "a.example/fwd_only", "x\n"),
}


@pytest.mark.parametrize("change", HESTIA_CHANGES.values(), ids=HESTIA_CHANGES)
def test_the_files_of_hestia_are_seen(tmp_path: Path, change: Change) -> None:
    write(tmp_path / "a.example/aliases", "x:y\n")
    (tmp_path / "empty.example").mkdir()
    assert is_seen(Hestia(directory=tmp_path), tmp_path, change)


SIEVE_CHANGES: Final[dict[str, Change]] = {
    "a script": lambda root: replace_with_the_same_size_and_time(
        root / "a.example/ann/sieve/one.sieve", 'include "own"; redirect "z@z.example";'
    ),
    "another one is activated": lambda root: link(root / "a.example/ann/.dovecot.sieve", "sieve/two.sieve"),
    "none is active any more": lambda root: (root / "a.example/ann/.dovecot.sieve").unlink(),
    "a user's first": lambda root: write(root / "a.example/ben/.dovecot.sieve", "keep;"),
    "a domain that is renamed": lambda root: (root / "a.example").rename(root / "b.example"),
    "an included one": lambda root: write(root / "a.example/ann/sieve/own.sieve", "stop;"),
    "an included one that goes": lambda root: (root / "a.example/ann/sieve/own.sieve").unlink(),
    "one that takes its place": lambda root: write(root / "a.example/ann/own.sieve", "stop;"),
    "what that one includes": lambda root: write(root / "a.example/ann/sieve/deeper.sieve", "stop;"),
}


@pytest.mark.parametrize("change", SIEVE_CHANGES.values(), ids=SIEVE_CHANGES)
def test_scripts_and_what_they_include_are_seen(tmp_path: Path, change: Change) -> None:
    home = tmp_path / "a.example/ann"
    write(home / "sieve/one.sieve", 'include "own"; redirect "y@y.example";')
    write(home / "sieve/two.sieve", 'include "own"; redirect "y@y.example";')
    write(home / "sieve/own.sieve", 'if true { include "deeper"; include "own"; include "../../x"; }')
    (home / ".dovecot.sieve").symlink_to("sieve/one.sieve")
    (tmp_path / "a.example/ben").mkdir()
    assert is_seen(Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve"), tmp_path, change)


def test_what_a_mailbox_writes_beside_its_script_is_no_change(tmp_path: Path) -> None:
    home = tmp_path / "a.example/ann"
    write(home / ".dovecot.sieve", 'redirect "y@y.example";')
    backend = Sieve(path=f"{tmp_path}/{{domain}}/{{user}}/.dovecot.sieve")
    assert not is_seen(backend, tmp_path, lambda _: write(home / "dovecot-uidlist", "1"))


MAIN_CF: Final = {
    "mydestination": "{here}/local",
    "myorigin": "{here}/mailname",
    "alias_maps": "hash:{here}/aliases",
    "virtual_mailbox_domains": "unionmap:{texthash:{here}/domains,inline:{x.example=x}}",
    "virtual_mailbox_maps": "proxy:pcre:{here}/boxes",
    "virtual_alias_maps": "proxy:texthash:{here}/virtual, regexp:{here}/patterns, lmdb:{here}/more",
    "transport_maps": "texthash:{here}/transport",
}


def postfix(directory: Path, **parameters: str) -> Postfix:
    """Write the files of a Postfix."""
    etc = write_main_cf(directory / "etc", **{**MAIN_CF, **parameters})
    for name, text in {
        "local": "host.example\n",
        "mailname": "host.example\n",
        "aliases": f"all: :include:{etc}/staff\n",
        "aliases.db": "compiled\n",
        "aliases.listed": f"all\t:include:{etc}/staff\n",
        "staff": "ann\n",
        "domains": "a.example ok\n",
        "boxes": "/^ann@/ here\n",
        "virtual": "x@a.example y@b.example\n",
        "patterns": "/^sales/ y@b.example\n",
        "more.lmdb": "compiled\n",
        "more.listed": "",
        "transport": "",
    }.items():
        write(etc / name, text)
    return Postfix(config_dir=etc, probe=["pcre:" + str(etc / "boxes")])


POSTFIX_CHANGES: Final[dict[str, Change]] = {
    "a parameter": lambda root: write(
        root / "expanded", (root / "expanded").read_text().replace("recipient_delimiter = +", "x = y")
    ),
    "a service": lambda root: write(root / "master.cf", "x unix - - y - - smtp\n"),
    "a file of domains": lambda root: write(root / "local", "host.example\nother.example\n"),
    "a file with the origin": lambda root: write(root / "mailname", "home.example\n"),
    "a compiled table": lambda root: overwrite_with_the_same_size_and_time(root / "aliases.db", "Compiled\n"),
    "its text": lambda root: write(root / "aliases", "all: ben\n"),
    "an included list": lambda root: replace_with_the_same_size_and_time(root / "staff", "ben\n"),
    "a member of a union": lambda root: write(root / "domains", "a.example ok\nb.example ok\n"),
    "a text": lambda root: replace_with_the_same_size_and_time(root / "virtual", "x@a.example z@b.example\n"),
    "expressions": lambda root: write(root / "patterns", "/^info/ y@b.example\n"),
    "a table that is asked": lambda root: write(root / "boxes", "/^ben@/ here\n"),
    "a database": lambda root: write(root / "more.lmdb", "Compiled\n"),
    "routes": lambda root: write(root / "transport", "b.example smtp:\n"),
}


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize("change", POSTFIX_CHANGES.values(), ids=POSTFIX_CHANGES)
def test_the_files_of_a_postfix_are_seen(tmp_path: Path, change: Change) -> None:
    assert is_seen(postfix(tmp_path), tmp_path / "etc", change)


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    "table", ["mysql:{here}/x.cf", "proxy:pgsql:{here}/x.cf", "socketmap:inet:localhost:x:y"]
)
def test_a_postfix_that_asks_a_server_cannot_tell(tmp_path: Path, table: str) -> None:
    backend = postfix(tmp_path, recipient_bcc_maps=table)
    query = (
        "user = x\nhosts = localhost\ndbname = mail\nquery = SELECT goto FROM alias WHERE address = '%s'\n"
    )
    write(tmp_path / "etc/x.cf", query)
    asked = Postfix(
        config_dir=backend.config_dir,
        probe=[*backend.probe, *([table] if table.startswith("socketmap") else [])],
    )
    assert asked.version() == ""


@pytest.mark.usefixtures("stand_ins")
def test_a_postfix_cannot_tell_what_a_program_of_the_admin_lists(tmp_path: Path) -> None:
    backend = postfix(tmp_path, recipient_bcc_maps="tcp:localhost:1")
    asked = Postfix(
        config_dir=backend.config_dir, probe=backend.probe, enumerate={"tcp:localhost:1": ["/bin/true"]}
    )
    assert asked.version() == ""


def test_a_program_tells_the_version_of_what_another_one_prints(tmp_path: Path) -> None:
    path = write(tmp_path / "version", "1\n")
    backend = Command(program=["/bin/false"], version_program=["/bin/cat", str(path)])
    assert is_seen(backend, path, lambda path: write(path, "2\n"))
    write(path, "\n")
    assert backend.version() == ""
    assert Command(program=["/bin/false"]).version() == ""
