"""From the parameters of a Postfix to records: its classes of domains, and its tables in series.

Everything is looked at before anything is read, so that an admin learns of all problems at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import (
    BackendMisconfigured,
    Domain,
    Forward,
    Mailbox,
    Origin,
    Relocated,
    Remark,
    Site,
)
from forwardresolve_backends._postfix_cf import members, split_list, without_proxy
from forwardresolve_backends._postfix_entries import Entry, in_series, remarks_of
from forwardresolve_backends._postfix_patterns import Expression
from forwardresolve_backends._postfix_tables import NotReadable
from forwardresolve_backends._postfix_transports import Transports
from forwardresolve_backends._postfix_unread import unread_settings
from forwardresolve_backends._text_files import TextFile
from forwardresolve_backends.aliases import all_destinations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forwardresolve.sdk import DomainKind, ForwardTable, Record
    from forwardresolve_backends._postfix_cf import MainCf
    from forwardresolve_backends._postfix_entries import Readable, Row
    from forwardresolve_backends._postfix_tables import Opener, Role

_CLASSES: Final[Mapping[str, DomainKind]] = {
    "mydestination": "local",
    "virtual_alias_domains": "alias",
    "virtual_mailbox_domains": "mailbox",
    "relay_domains": "relay",
}
_IMPLIED: Final = {
    "virtual_alias_domains": "virtual_alias_maps",
    "virtual_mailbox_domains": "virtual_mailbox_maps",
}
"""Lists of domains that are, unless main.cf sets them, the keys of a map that have no ``@``."""

_FORWARDS: Final[Mapping[str, ForwardTable]] = {
    "recipient_canonical_maps": "canonical",
    "canonical_maps": "canonical",
    "recipient_bcc_maps": "bcc",
    "virtual_alias_maps": "virtual",
    "alias_maps": "local",
}
_ROLES: Final[Mapping[str, Role]] = {
    "recipient_canonical_maps": "canonical",
    "canonical_maps": "canonical",
    "recipient_bcc_maps": "bcc",
    "virtual_alias_maps": "virtual",
    "alias_maps": "local",
    "virtual_mailbox_maps": "mailbox",
    "relocated_maps": "relocated",
    "transport_maps": "transport",
}
_WAY_OUT: Final = "name it in enumerate, probe or leave_out"


@attrs.frozen
class _Listed:
    """One item of a list of domains: a name or a table, which may be an exception."""

    item: str | Readable
    is_exception: bool


@attrs.define
class Reading:
    """One reading of a Postfix.

    Args:
        main_cf: Its parameters.
        opener: Opens its tables.
        leave_out: Tables that are left out, without ``proxy:``.
        hosted_domains: Domains that are hosted though no list that can be read names them.
    """

    main_cf: MainCf
    opener: Opener
    leave_out: frozenset[str]
    hosted_domains: Sequence[str] = ()
    _remarks: list[Remark] = attrs.field(factory=list, init=False)
    _problems: list[str] = attrs.field(factory=list, init=False)
    _named: set[str] = attrs.field(factory=set, init=False)
    _left_out: set[str] = attrs.field(factory=set, init=False)
    _lists: dict[str, list[_Listed]] = attrs.field(factory=dict, init=False)
    _maps: dict[str, list[Readable]] = attrs.field(factory=dict, init=False)
    _files: list[Path] = attrs.field(factory=list, init=False)
    _hosted: dict[str, DomainKind] = attrs.field(factory=dict, init=False)

    def records(self) -> Iterator[Record]:
        """Look at everything, then read it.

        Raises:
            BackendMisconfigured: Something cannot be read; all that is seen before the reading is
                told at once.
            BackendError: A table cannot be read whole.
        """
        self.look()
        yield from self._remarks
        yield Site(self._delimiters, self._myorigin(), self._origin("myorigin"))
        if self.opener.candidates.are_needed:
            self._gather()
        for record in self._domains():
            if isinstance(record, Domain):
                self._hosted.setdefault(record.name, record.kind)
            yield record
        yield from self._forwards()
        yield from self._mailboxes()
        if self._maps["transport_maps"]:
            transports = Transports(self._hosted, self.opener.commands.services())
            rows = in_series(self._maps["transport_maps"])
            yield from transports.records(rows, self._origin("transport_maps"))
        for row in in_series(self._maps["relocated_maps"]):
            if isinstance(row, Entry):
                yield Relocated(row.key, row.origin)
            else:
                yield from remarks_of(row)

    def look(self) -> None:
        """Look at everything; nothing of a table is read yet.

        Raises:
            BackendMisconfigured: Something cannot be read; all that is seen is told at once.
        """
        self._look()
        if self._problems:
            raise BackendMisconfigured("\n".join(self._problems))

    def tables(self, role: Role | None = None) -> Iterator[Readable]:
        """Yield the tables that a look has found: all, or those of one role."""
        for name, tables in self._maps.items():
            if role in (None, _ROLES[name]):
                yield from tables
        for listed in (each.item for items in self._lists.values() for each in items):
            if role in (None, "domain") and not isinstance(listed, str):
                yield listed

    @property
    def files(self) -> Sequence[Path]:
        """The files of text that main.cf names in place of a value, as far as a look has found them."""
        origin = self.main_cf.value("myorigin")
        return [*self._files, *([Path(origin)] if origin.startswith("/") else [])]

    @property
    def _delimiters(self) -> str:
        return self.main_cf.value("recipient_delimiter")

    def _look(self) -> None:
        for name in _CLASSES:
            self._lists[name] = (
                [] if self._is_implied(name) else [*self._listed(name, self.main_cf.items(name))]
            )
        for name, role in _ROLES.items():
            needed = name != "alias_maps" or self.main_cf.value("mydestination")
            items = self.main_cf.items(name) if needed else []
            items = [item for item in items if not self._is_left_out(name, item)]
            opened = [self._opened(name, item, role) for item in items]
            self._maps[name] = [each for each in opened if each is not None]
            self._look_at_order(name)
        for option, unknown in (
            ("leave_out", self.leave_out - self._left_out),
            ("probe", self.opener.probe - self._named),
            ("enumerate", self.opener.enumerate.keys() - self._named),
        ):
            self._problems += [
                f"{option}: {self.main_cf.path} names no table {each}" for each in sorted(unknown)
            ]
        used = {name for name, tables in {**self._maps, **self._lists}.items() if tables}
        for name, consequence in unread_settings(self.main_cf, used):
            self._remark("postfix-setting-not-read", f"{name} is set and not read: {consequence}.", name)

    def _look_at_order(self, name: str) -> None:
        """Look whether a table that asks for the domain alone says more than a row of ``@domain``."""
        for place, table in enumerate(self._maps[name]):
            if not table.domain_alone:
                continue
            if place + 1 < len(self._maps[name]):
                self._problems.append(
                    f"{name} = {table.name}: asks for %d alone, so it answers before every table behind "
                    f"it; put it last, or {_WAY_OUT}"
                )
            elif place:
                self._remark(
                    "postfix-domain-before-extension",
                    f"{table.name} in {name} asks for %d alone, so Postfix lets it answer for "
                    f"user+extension before it asks anything for user. Here user's own row answers.",
                    name,
                )

    def _is_implied(self, name: str) -> bool:
        """Tell whether a list of domains is the one that Postfix takes from a map."""
        implied = _IMPLIED.get(name)
        return implied is not None and self.main_cf.items(name) == self.main_cf.items(implied)

    def _listed(self, name: str, items: Sequence[str]) -> Iterator[_Listed]:
        for item in items:
            bare = item.lstrip("!")
            is_exception = (len(item) - len(bare)) % 2 == 1
            if self._is_left_out(name, bare):
                continue
            if bare.startswith("/"):
                self._files.append(Path(bare))
                for each in self._listed(name, split_list("".join(TextFile(Path(bare)).lines()))):
                    yield attrs.evolve(each, is_exception=each.is_exception != is_exception)
            elif ":" not in bare or bare.startswith("["):
                yield _Listed(bare.removeprefix(".").lower(), is_exception)
            elif (opened := self._opened(name, bare, "domain")) is not None:
                yield _Listed(opened, is_exception)

    def _opened(self, name: str, item: str, role: Role) -> Readable | None:
        self._named |= {without_proxy(item), *members(item)}
        try:
            return self.opener.open(item, role)
        except (NotReadable, BackendMisconfigured) as error:
            said = name if self.main_cf.sets(name) else f"{name} (which is not set, so by default)"
            self._problems.append(f"{said} = {item}: {error}; {_WAY_OUT}")
            return None

    def _is_left_out(self, name: str, item: str) -> bool:
        bare = without_proxy(item)
        if bare not in self.leave_out:
            return False
        self._left_out.add(bare)
        self._remark("postfix-table-left-out", f"{name} asks {item}, which leave_out leaves out.", name)
        return True

    def _gather(self) -> None:
        """Find the keys that tables which cannot be listed are asked for."""
        candidates = self.opener.candidates
        for name in _CLASSES:
            for listed in self._lists[name]:
                if isinstance(listed.item, str):
                    candidates.domains.add(listed.item)
                elif not listed.item.is_probed:
                    candidates.domains.update(_keys(listed.item))
        candidates.domains.update(each.lower() for each in self.hosted_domains)
        for tables in self._maps.values():
            for table in tables:
                if not table.is_probed:
                    candidates.add(_keys(table))

    def _domains(self) -> Iterator[Record]:
        for each in self.hosted_domains:
            yield Domain(each.lower(), "mailbox", Origin("hosted_domains"))
        yield from self._own_addresses()
        for name, kind in _CLASSES.items():
            origin = self._origin(name)
            exceptions: set[str] = set()
            for listed in self._lists[name]:
                rows: Iterator[Row] = (
                    iter([Entry(listed.item, "", origin)])
                    if isinstance(listed.item, str)
                    else listed.item.read()
                )
                for row in rows:
                    if not isinstance(row, Entry):
                        yield from remarks_of(row)
                    elif listed.is_exception:
                        exceptions.add(row.key)
                    elif row.key not in exceptions:
                        yield Domain(row.key, kind, row.origin)

    def _own_addresses(self) -> Iterator[Domain]:
        """Yield the address literals of the host, of local class, that main.cf writes out."""
        for name in ("inet_interfaces", "proxy_interfaces"):
            for address in self.main_cf.items(name):
                if address[:1].isdigit():
                    yield Domain(f"[{address}]", "local", self._origin(name))

    def _forwards(self) -> Iterator[Record]:
        for name, table in _FORWARDS.items():
            implies = table == "virtual" and self._is_implied("virtual_alias_domains")
            for row in in_series(self._maps[name], self._delimiters if table == "virtual" else ""):
                if isinstance(row, Entry):
                    if implies and _is_domain(row.key):
                        self._hosted.setdefault(row.key, "alias")
                        yield Domain(row.key, "alias", row.origin)
                    yield Forward(row.key, _value(row, table), table, row.origin)
                elif isinstance(row, Expression):
                    yield row.pattern
                else:
                    yield row

    def _mailboxes(self) -> Iterator[Record]:
        implies = self._is_implied("virtual_mailbox_domains")
        for row in in_series(self._maps["virtual_mailbox_maps"]):
            if not isinstance(row, Entry):
                yield from remarks_of(row)
            elif "@" in row.key:
                yield Mailbox(row.key, origin=row.origin)
            elif implies and _is_domain(row.key):
                self._hosted.setdefault(row.key, "mailbox")
                yield Domain(row.key, "mailbox", row.origin)
        if not self.main_cf.value("virtual_mailbox_maps"):
            origin = self._origin("virtual_mailbox_maps")  # Postfix takes every name then
            for domain, kind in self._hosted.items():
                if kind == "mailbox":
                    yield Mailbox(f"@{domain}", origin=origin)

    def _myorigin(self) -> str:
        value = self.main_cf.value("myorigin")
        return "".join(TextFile(Path(value)).lines()).strip() if value.startswith("/") else value

    def _origin(self, name: str) -> Origin:
        return Origin(str(self.main_cf.path), name)

    def _remark(self, remark: str, text: str, name: str) -> None:
        self._remarks.append(Remark(remark, text, origin=self._origin(name)))


def _value(row: Entry, table: ForwardTable) -> str | Sequence[str]:
    return all_destinations(row.value) if table == "local" and isinstance(row.value, str) else row.value


def _keys(table: Readable) -> Iterator[str]:
    return (row.key for row in table.read() if isinstance(row, Entry))


def _is_domain(key: str) -> bool:
    return "@" not in key and "." in key
