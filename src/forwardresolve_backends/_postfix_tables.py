"""Find the way in which a table of Postfix can be read (DATABASE_README), or say that there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 (attrs reads the fields)
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.sdk import version_of_files
from forwardresolve_backends._postfix_cf import is_file, members, without_proxy
from forwardresolve_backends._postfix_commands import Commands  # noqa: TC001 (attrs reads the fields)
from forwardresolve_backends._postfix_databases import Databases  # noqa: TC001 (as above)
from forwardresolve_backends._postfix_entries import Readable, cannot_tell, union
from forwardresolve_backends._postfix_ldap import NotInvertible
from forwardresolve_backends._postfix_patterns import expressions
from forwardresolve_backends._postfix_probing import Candidates, probed
from forwardresolve_backends._postfix_sql import KINDS as SQL_KINDS
from forwardresolve_backends._postfix_sql import read_sql_table
from forwardresolve_backends._postfix_sql_inversion import invert_sql
from forwardresolve_backends._postfix_texts import (
    COMPILED,
    compiled_entries,
    inline_entries,
    printed_entries,
    text_entries,
)

if TYPE_CHECKING:
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


_OF_A_FILE: Final = frozenset({"texthash", "regexp", "pcre", "cidr"})
"""Types of tables that are one file of text."""


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
        enumerate: What lists tables that cannot be listed otherwise: SQL, or a program and its
            arguments that print a key, a tab and a value on each line.
        databases: The databases that are open.
    """

    main_cf: MainCf
    commands: Commands
    probe: frozenset[str]
    candidates: Candidates
    enumerate: Mapping[str, str | Sequence[str]]
    databases: Databases

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
        if table in self.enumerate:
            return self._enumerated(table, self.enumerate[table])
        if not colon or not place:
            msg = f"is no table; main.cf writes TYPE:NAME, and Postfix refuses {table!r}, too"
            raise NotReadable(msg)
        ways: dict[str, Callable[[str, Role], Readable]] = {
            "texthash": lambda name, _: Readable(
                name, partial(text_entries, Path(place), name), version=_version_of_files_of(name)
            ),
            "inline": lambda name, _: Readable(name, partial(inline_entries, name), version=lambda: name),
            "regexp": self._expressions,
            "pcre": self._expressions,
            "ldap": self._ldap,
            **dict.fromkeys(COMPILED, self._compiled),
            **dict.fromkeys(SQL_KINDS, self._sql),
        }
        if way := ways.get(kind):
            try:
                return way(table, role)
            except NotInvertible as error:
                raise NotReadable(str(error)) from error
        known = kind in _ASKED_ONLY
        msg = f"cannot be listed: {_ASKED_ONLY[kind]}" if known else f"is of an unknown type ({kind}:)"
        raise NotReadable(msg)

    def _compiled(self, table: str, role: Role) -> Readable:
        read = partial(compiled_entries, table, self.commands, aliases=role == "local")
        return Readable(table, read, version=_version_of_files_of(table))

    def _expressions(self, table: str, role: Role) -> Readable:
        if role != "virtual":
            return self._probed(table, role)
        kind, _, place = table.partition(":")
        syntax: Syntax = "pcre" if kind == "pcre" else "regexp"
        read = partial(expressions, Path(place), syntax, table)
        return Readable(table, read, version=_version_of_files_of(table))

    def _ldap(self, table: str, role: Role) -> Readable:
        from forwardresolve_backends._postfix_ldap_rows import ldap_entries, ldap_source  # brings ldap3

        source = ldap_source(table, role, self.main_cf)
        alone = any(rule.key_form == "domain" for rule in source.rules)
        read = partial(ldap_entries, source, table)
        return Readable(table, read, domain_alone=alone, version=_with_parameters(table, source.version))

    def _sql(self, table: str, role: Role) -> Readable:
        from forwardresolve_backends._postfix_sql_rows import sql_entries  # brings SQLAlchemy
        from forwardresolve_backends._sql_version import version_of

        said = read_sql_table(table, self.main_cf)
        questions = invert_sql(said, role, self.main_cf.value("recipient_delimiter"))
        read = partial(sql_entries, said, questions, self.databases)
        alone = questions[0].domain_alone
        version = _with_parameters(table, partial(version_of, said.urls[0]))
        return Readable(table, read, domain_alone=alone, version=version)

    def _enumerated(self, table: str, how: str | Sequence[str]) -> Readable:
        if not isinstance(how, str):
            return Readable(table, partial(printed_entries, table, how, self.commands))
        kind = table.partition(":")[0]
        if kind not in SQL_KINDS:
            msg = f"enumerate has SQL for it, and {kind}: is no database; name a program and its arguments"
            raise NotReadable(msg)
        from forwardresolve_backends._postfix_sql_rows import enumerated  # brings SQLAlchemy

        try:
            urls = read_sql_table(table, self.main_cf).urls
        except NotInvertible as error:
            raise NotReadable(str(error)) from error
        return Readable(table, partial(enumerated, table, how, urls, self.databases))

    def _probed(self, table: str, role: Role) -> Readable:
        self.candidates.are_needed = True
        read = partial(probed, table, role, self.commands, self.candidates)
        return Readable(table, read, is_probed=True, version=_version_of_files_of(table))


def _version_of_files_of(table: str) -> Callable[[], str]:
    """Return what tells the version of a table, if files are all that answers for it."""
    kind, _, place = table.partition(":")
    if kind in COMPILED:
        return partial(version_of_files, (), optional=(place, place + COMPILED[kind]))
    return partial(version_of_files, (), optional=(place,)) if kind in _OF_A_FILE else cannot_tell


def _with_parameters(table: str, version: Callable[[], str]) -> Callable[[], str]:
    """Return what tells the version of a table and of the file that its parameters stand in."""
    place = table.partition(":")[2]

    def both() -> str:
        said = version()
        return f"{version_of_files([place] if is_file(place) else [])} {said}" if said else ""

    return both
