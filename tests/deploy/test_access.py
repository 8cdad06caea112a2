"""A file that Rspamd cannot read never comes into place."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from forwardresolve.deploy import access as module
from forwardresolve.deploy.access import KEEP, Access, Reader, access, obstacle
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path

RSPAMD = pwd.struct_passwd(("rspamd", "x", 700, 701, "", "/", "/bin/false"))
READER = Reader("user rspamd", 700, frozenset({701}))


@pytest.fixture(autouse=True)
def _users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a user of Rspamd that is called as nobody but Debian does not call it."""

    def find(name: str) -> pwd.struct_passwd:
        if name != "rspamd":
            raise KeyError(name)
        return RSPAMD

    monkeypatch.setattr(pwd, "getpwnam", find)
    monkeypatch.setattr(os, "getgrouplist", lambda _name, group: [group, 800])
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def status(mode: int, uid: int = 0, gid: int = 0) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))


def test_the_group_of_rspamd_reads_and_nobody_else() -> None:
    assert access("", "", "") == Access(0o640, (KEEP, 701), Reader("user rspamd", 700, frozenset({701, 800})))


def test_without_a_user_of_rspamd_everybody_reads_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "USERS", ())

    given = access("", "", "")

    assert (given.mode, given.owner, given.reader) == (0o644, (KEEP, KEEP), None)
    assert "there is no user of Rspamd here" in given.notice
    assert access("0644", "", "").notice == ""


def test_who_cannot_give_files_to_the_group_lets_everybody_read_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 5000)
    monkeypatch.setattr(os, "getgroups", lambda: [5000])

    assert access("", "", "").mode == 0o644
    assert "not in the group of rspamd" in access("", "", "").notice
    assert access("0640", "", "").owner == (KEEP, 701)
    monkeypatch.setattr(os, "getgroups", lambda: [701])
    assert access("", "", "").mode == 0o640


def test_owner_and_group_may_be_names_or_numbers() -> None:
    assert access("0600", "rspamd", "root") == Access(
        0o600, (700, 0), Reader("group root", 700, frozenset({0}))
    )
    assert access("", 11333, 11333) == Access(
        0o640, (11333, 11333), Reader("group 11333", 11333, frozenset({11333}))
    )
    assert access("", 0, 11333).reader == Reader("group 11333", None, frozenset({11333}))


@pytest.mark.parametrize(("owner", "group"), [("nobody-here", ""), ("", "nobody-here")])
def test_a_name_that_nobody_has_is_an_error(owner: str, group: str) -> None:
    with pytest.raises(TargetError, match=r"there is no (user|group) nobody-here here; .* a number"):
        access("", owner, group)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "reads"),
    [
        (0o640, 0, 701, True),
        (0o600, 0, 701, False),
        (0o640, 0, 0, False),
        (0o644, 0, 0, True),
        (0o604, 0, 701, False),  # the group's bits count for the group, others' do not
        (0o600, 700, 0, True),
        (0o044, 700, 701, False),
    ],
)
def test_the_bits_decide_as_the_kernel_does(mode: int, uid: int, gid: int, *, reads: bool) -> None:
    found = obstacle(status(mode, uid, gid), [], Access(mode, reader=READER))

    assert (found == "") is reads
    if not reads:
        assert found == f"mode {mode:04o} hides it from the user rspamd"


def test_root_reads_everything() -> None:
    assert Reader("user root", 0, frozenset()).may(status(0), 4)


def test_where_nobody_is_known_everybody_has_to_read() -> None:
    assert obstacle(status(0o644), [], Access(0o644)) == ""
    assert obstacle(status(0o640), [], Access(0o640)) == "mode 0640 hides it from Rspamd"


def test_a_directory_that_lets_nobody_through_is_an_obstacle(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir(mode=0o700)

    found = obstacle(status(0o644), [tmp_path / "maps"], Access(0o644, reader=READER))

    assert found == f"the user rspamd does not get through {tmp_path}/maps; run: chmod o+x {tmp_path}/maps"
