"""Who may read the maps: mode and owner of a new file, proved before Rspamd sees it.

Rspamd 3.12 and 4.1 empty a map whose new file they cannot read (measured), so a file that its user
cannot read must never come into place.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

USERS: Final = ("_rspamd", "rspamd")
"""What the user of Rspamd is called: by Debian, and by everybody else."""

CLOSED: Final = 0o640
"""The mode where Rspamd's group is known: the list tells who forwards where."""

OPEN: Final = 0o644
"""The mode where it is not."""

KEEP: Final = -1
"""Leaves the user or the group of a new file as it is."""


@attrs.frozen
class Reader:
    """Who has to be able to read a file.

    Args:
        name: The name, for messages.
        uid: The numeric user; None where only the group is known.
        gids: The numeric groups.
    """

    name: str
    uid: int | None
    gids: frozenset[int]

    def may(self, status: os.stat_result, permission: int) -> bool:
        """Tell whether the mode lets the reader in; access lists are not asked.

        Args:
            status: The status of a file or directory.
            permission: ``4`` to read a file, ``1`` to go through a directory.
        """
        if self.uid == 0:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode >> 6 & permission)
        if status.st_gid in self.gids:
            return bool(status.st_mode >> 3 & permission)
        return bool(status.st_mode & permission)


@attrs.frozen
class Access:
    """What a new file gets.

    Args:
        mode: Its permissions.
        owner: Numeric user and group; `KEEP` leaves what it has.
        reader: Who is proved to read it; None where everybody has to.
        notice: What the admin should know about that choice; empty for nothing.
    """

    mode: int
    owner: tuple[int, int] = (KEEP, KEEP)
    reader: Reader | None = None
    notice: str = ""


def access(mode: str, owner: int | str, group: int | str) -> Access:
    """Decide what new files get.

    Args:
        mode: The permissions in octal digits; empty for `CLOSED`, or `OPEN` where Rspamd's group
            is neither named nor known here.
        owner: The user by name or number; empty leaves it.
        group: The group by name or number; empty for that of Rspamd's user.

    Raises:
        TargetError: There is no such user or group here.
    """
    uid = KEEP if owner == "" else _uid(owner)
    wanted = int(mode, 8) if mode else None
    if group != "":
        gid = _gid(group)
        reader = Reader(f"group {group}", uid if uid > 0 else None, frozenset({gid}))
        return Access(CLOSED if wanted is None else wanted, (uid, gid), reader)
    found = next(_rspamd_users(), None)
    if found is None:
        notice = "there is no user of Rspamd here, so everybody can read the maps; group names who may"
        return Access(OPEN if wanted is None else wanted, (uid, KEEP), notice="" if mode else notice)
    reader = Reader(f"user {found.pw_name}", found.pw_uid, _groups(found))
    if os.geteuid() and found.pw_gid not in {os.getegid(), *os.getgroups()} and wanted is None:
        notice = f"everybody can read the maps, because this user is not in the group of {found.pw_name}"
        return Access(OPEN, (uid, KEEP), reader, notice)
    return Access(CLOSED if wanted is None else wanted, (uid, found.pw_gid), reader)


def obstacle(status: os.stat_result, directories: Iterable[Path], given: Access) -> str:
    """Say what keeps Rspamd from reading a file.

    Args:
        status: The file as it is before it comes into place.
        directories: The root of the target and what lies between it and the file. Those above
            the root are not looked at: a container does not see them.
        given: Who reads it.

    Returns:
        The obstacle in words; empty where there is none.
    """
    if given.reader is None:
        is_open = bool(status.st_mode & stat.S_IROTH)
        return "" if is_open else f"mode {stat.S_IMODE(status.st_mode):04o} hides it from Rspamd"
    if not given.reader.may(status, stat.S_IROTH):
        return f"mode {stat.S_IMODE(status.st_mode):04o} hides it from the {given.reader.name}"
    for each in directories:
        if not given.reader.may(each.stat(), stat.S_IXOTH):
            return f"the {given.reader.name} does not get through {each}; run: chmod o+x {each}"
    return ""


def _rspamd_users() -> Iterator[pwd.struct_passwd]:
    for name in USERS:
        try:
            yield pwd.getpwnam(name)
        except KeyError:
            continue


def _groups(user: pwd.struct_passwd) -> frozenset[int]:
    return frozenset(os.getgrouplist(user.pw_name, user.pw_gid))


def _uid(owner: int | str) -> int:
    if isinstance(owner, int):
        return owner
    try:
        return pwd.getpwnam(owner).pw_uid
    except KeyError:
        msg = f"there is no user {owner} here; owner may also be a number"
        raise TargetError(msg) from None


def _gid(group: int | str) -> int:
    if isinstance(group, int):
        return group
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        msg = f"there is no group {group} here; group may also be a number"
        raise TargetError(msg) from None
