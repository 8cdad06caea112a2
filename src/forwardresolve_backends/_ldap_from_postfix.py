"""Derive rules and domains from the ``ldap:`` tables that a main.cf names.

A table that cannot be read backwards would leave forwardings out, so it is an error until the admin
leaves it out by name. Tables that lie in no directory are another source's, and a remark says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured, Domain, Origin, Remark, Site
from forwardresolve_backends._ldap_inversion import Use, invert
from forwardresolve_backends._ldap_rules import EVERY_DOMAIN, Layout
from forwardresolve_backends._postfix_cf import MainCf, members, split_list, without_proxy
from forwardresolve_backends._postfix_ldap import LDAP, NeverAnswers, NotInvertible, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.sdk import DomainKind, Record
    from forwardresolve_backends._ldap_rules import Rule, Yields

_DOMAINS: Final[Mapping[str, DomainKind]] = {
    "mydestination": "local",
    "virtual_alias_domains": "alias",
    "virtual_mailbox_domains": "mailbox",
    "relay_domains": "relay",
}
_MAPS: Final[Mapping[str, Yields]] = {
    "recipient_canonical_maps": "canonical",
    "canonical_maps": "canonical",
    "recipient_bcc_maps": "bcc",
    "virtual_alias_maps": "forward",
    "alias_maps": "local",
    "virtual_mailbox_maps": "mailbox",
}
_UNHEARD: Final[Mapping[str, str]] = {
    "transport_maps": "where it sends a hosted domain elsewhere, mail leaves that counts as kept here",
    "relocated_maps": "an address in it bounces and counts as reachable here",
    "always_bcc": "it gets a copy of every message, wherever the message goes",
    "luser_relay": "it gets what nobody else of the local domains takes",
}


def read_layout(main_cf: Path, leave_out: Sequence[str] = ()) -> Layout:
    """Turn the tables of a main.cf round.

    Args:
        main_cf: The file.
        leave_out: Tables, as main.cf writes them, that are left out with a remark.

    Returns:
        The rules in the order in which Postfix asks, and the domains and settings of the main.cf.

    Raises:
        BackendMisconfigured: A file cannot be read, or a table not be turned round; all of them are
            told at once.
    """
    reading = _Reading(MainCf.read(main_cf), frozenset(map(without_proxy, leave_out)))
    reading.read()
    unknown = sorted(reading.leave_out - reading.left_out)
    problems = [*reading.problems, *(f"leave_out: {main_cf} names no table {each}" for each in unknown)]
    if len(reading.servers) > 1:
        servers = " and ".join(sorted(reading.servers))
        problems.append(f"the tables ask several directories ({servers}); make a source of each")
    if problems:
        raise BackendMisconfigured("\n".join(problems))
    return Layout(rules=tuple(reading.rules), records=tuple(reading.records))


@attrs.define
class _Reading:
    """What was found in a main.cf so far."""

    main_cf: MainCf
    leave_out: frozenset[str]
    rules: list[Rule] = attrs.field(factory=list)
    records: list[Record] = attrs.field(factory=list)
    problems: list[str] = attrs.field(factory=list)
    servers: set[str] = attrs.field(factory=set)
    left_out: set[str] = attrs.field(factory=set)

    def read(self) -> None:
        """Read all that matters of the file."""
        for name, kind in _DOMAINS.items():
            for item in self.main_cf.items(name):
                self._read_domains(name, item, kind)
        for name, yields in _MAPS.items():
            self._read_map(name, yields)
        for name, consequence in _UNHEARD.items():
            if self.main_cf.value(name):
                self._remark("postfix-setting-not-read", f"{name} is set and not read: {consequence}.", name)
        self.records.append(
            Site(self.main_cf.value("recipient_delimiter"), self._myorigin(), self._origin("myorigin"))
        )

    def _read_domains(self, name: str, item: str, kind: DomainKind) -> None:
        if item.startswith("/"):
            for each in split_list(self._text(Path(item))):
                self._read_domains(name, each, kind)
        elif ":" not in item:
            if item.startswith("!"):
                self.problems.append(f"{name} = {item}: exceptions of a list of domains cannot be read")
            else:
                self.records.append(Domain(item.removeprefix("."), kind, self._origin(name)))
        elif self._is_left_out(name, item):
            pass
        elif self._rules_of(name, item, Use("domain", domain_kind=kind)) is None:
            self.problems.append(
                f"{self._said(name)} = {item}: no directory, so the hosted domains would not all be known; "
                f"{_WAY_OUT} and list its domains in hosted_domains"
            )

    def _read_map(self, name: str, yields: Yields) -> None:
        items = [item for item in self.main_cf.items(name) if not self._is_left_out(name, item)]
        for place, item in enumerate(items):
            rules = self._rules_of(name, item, Use(yields, f"{name}: {item}"))
            if rules is None:
                self._remark(
                    "postfix-table-not-read",
                    f"{name} asks {item}, too, which is no directory. The list is whole only with a "
                    f"source that reads it.",
                    name,
                )
            elif any(rule.key_form == "domain" for rule in rules):
                self._look_at_order(name, items, place)
            elif any(EVERY_DOMAIN in rule.domains for rule in rules):
                self._remark(
                    "postfix-name-in-every-domain",
                    f"{item} in {name} asks for %u in every domain, outside ones too. Here it counts in "
                    f"the hosted domains; set domain = in the table.",
                    name,
                )

    def _rules_of(self, name: str, item: str, use: Use) -> list[Rule] | None:
        """Add the rules of a table and return them; None for a table that is in no directory."""
        asked = list(members(item))
        if not any(LDAP in each for each in asked):
            return None
        before = len(self.rules)
        for member in asked:
            if self._is_left_out(name, member):
                continue
            try:
                if not member.startswith(LDAP):
                    msg = "cannot be taken apart" if LDAP in member else "is no directory"
                    raise NotInvertible(msg)  # noqa: TRY301 (it is told with the others)
                table = read_table(member, self.main_cf)
                self.rules += invert(table, use)
                self.servers.add(table.server)
            except (NotInvertible, BackendMisconfigured) as reason:
                by_default = isinstance(reason, NeverAnswers) and name not in self.main_cf.parameters
                if not by_default:  # by default $virtual_alias_maps are asked for domains, too
                    self.problems.append(f"{self._said(name)} = {member}: {reason}; {_WAY_OUT}")
        return self.rules[before:]

    def _look_at_order(self, name: str, items: Sequence[str], place: int) -> None:
        """Look whether a table that asks for the domain alone says more than a row of ``@domain``."""
        if place + 1 < len(items):
            self.problems.append(
                f"{name} = {items[place]}: asks for %d alone, so it answers before every table behind "
                f"it; put it last, or {_WAY_OUT}"
            )
        elif place:
            self._remark(
                "postfix-domain-before-extension",
                f"{items[place]} in {name} asks for %d alone, so Postfix lets it answer for "
                f"user+extension before it asks anything for user. Here user's own row answers.",
                name,
            )

    def _is_left_out(self, name: str, item: str) -> bool:
        bare = without_proxy(item)
        if bare not in self.leave_out:
            return False
        self.left_out.add(bare)
        self._remark("postfix-table-left-out", f"{name} asks {item}, which leave_out leaves out.", name)
        return True

    def _said(self, name: str) -> str:
        """Name a parameter, and say so where main.cf does not set it."""
        return name if name in self.main_cf.parameters else f"{name} (which is not set, so by default)"

    def _myorigin(self) -> str:
        value = self.main_cf.value("myorigin")
        return self._text(Path(value)).strip() if value.startswith("/") else value

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path}: cannot be read, and {self.main_cf.path} refers to it ({error})"
            raise BackendMisconfigured(msg) from error

    def _origin(self, name: str) -> Origin:
        return Origin(str(self.main_cf.path), name)

    def _remark(self, remark: str, text: str, name: str) -> None:
        self.records.append(Remark(remark, text, origin=self._origin(name)))


_WAY_OUT: Final = "to do without it, name it in leave_out"
