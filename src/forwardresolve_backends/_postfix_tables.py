"""Find the way in which a table of Postfix can be read (DATABASE_README), or say that there is none."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve_backends._postfix_cf import members, without_proxy
from forwardresolve_backends._postfix_commands import Commands  # noqa: TC001 (attrs reads the fields)
from forwardresolve_backends._postfix_entries import Readable, union
from forwardresolve_backends._postfix_patterns import expressions
from forwardresolve_backends._postfix_probing import Candidates, probed
from forwardresolve_backends._postfix_texts import COMPILED, compiled_entries, inline_entries, text_entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve_backends._postfix_cf import MainCf
    from forwardresolve_backends._postfix_patterns import Syntax

Role = Literal["virtual", "local", "canonical", "bcc", "mailbox", "domain", "transport", "relocated"]
"""What Postfix has a table for."""

_ASKED_ONLY: Final[Mapping[str, str]] = {
    "tcp": "a server answers, and only to a whole address",
    "socketmap": "a server answers, and only to a whole address",
    "memcache": "it is a cache",
    "nis": "a NIS server answers",
    "nisplus": "a NIS server answers",
    "netinfo": "a server answers",
    "unix": "the system's accounts answer",
    "cidr": "its keys are networks",
    "environ": "its keys are variables",
    "internal": "it lives in one process of Postfix",
    "fail": "it fails whatever it is asked",
    "randmap": "it answers with one value or another by chance",
    "pipemap": "it asks one table what another has answered",
    "static": "it answers whatever it is asked",
}
"""Types of tables that say nothing of their keys, and why."""


class NotReadable(Exception):  # noqa: N818 (its name says what happened)
    """A table cannot be read in any way that is known; the message says why."""


@attrs.frozen
class Opener:
    """What tables are opened with.

    Args:
        main_cf: The main.cf that names them.
        commands: Postfix' programs.
        probe: Tables that are asked for the keys that others have.
        candidates: Where those keys are found when they are needed.
    """

    main_cf: MainCf
    commands: Commands
    probe: frozenset[str]
    candidates: Candidates

    def open(self, item: str, role: Role) -> Readable:
        """Find the way in which a table can be read; nothing of it is read yet.

        Args:
            item: The table as main.cf names it.
            role: What it is for.

        Raises:
            NotReadable: There is no way.
            BackendMisconfigured: Its file of parameters cannot be read.
        """
        if without_proxy(item) in self.probe:
            return self._probed(without_proxy(item), role)
        asked = [*members(item)]
        if len(asked) == 1:
            return self._open(asked[0], role)
        return union([self._open(each, role) for each in asked], without_proxy(item))

    def _open(self, table: str, role: Role) -> Readable:
        kind, colon, place = table.partition(":")
        if table in self.probe:
            return self._probed(table, role)
        if not colon or not place:
            msg = f"is no table; main.cf writes TYPE:NAME, and Postfix refuses {table!r}, too"
            raise NotReadable(msg)
        if kind == "texthash":
            return Readable(table, partial(text_entries, Path(place), table))
        if kind in COMPILED:
            read = partial(compiled_entries, table, self.commands, aliases=role == "local")
            return Readable(table, read)
        if kind == "inline":
            return Readable(table, partial(inline_entries, table))
        if kind in ("regexp", "pcre"):
            if role == "virtual":
                syntax: Syntax = "pcre" if kind == "pcre" else "regexp"
                return Readable(table, partial(expressions, Path(place), syntax, table))
            return self._probed(table, role)
        if kind in _ASKED_ONLY:
            msg = f"cannot be listed: {_ASKED_ONLY[kind]}"
            raise NotReadable(msg)
        msg = f"is of an unknown type ({kind}:)"
        raise NotReadable(msg)

    def _probed(self, table: str, role: Role) -> Readable:
        self.candidates.are_needed = True
        read = partial(probed, table, role, self.commands, self.candidates)
        return Readable(table, read, is_probed=True)
