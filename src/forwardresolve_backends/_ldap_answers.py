"""What an entry says by a rule: the addresses it answers for, and its destinations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._ldap_dns import is_below, normalise_dn
from forwardresolve_backends._ldap_filters import Filter, comparisons_of, matches, parse_filter
from forwardresolve_backends._ldap_rules import EVERY_DOMAIN, Rule

if TYPE_CHECKING:
    from forwardresolve_backends._ldap_pages import Entry

Canonical = Callable[[str], str]
"""Gives the name under which a server gives an attribute."""

PLACE: Final = "ldap"
_DOMAINS: Final = ("domain", "domain-alias")


@attrs.frozen
class Answer:
    """What one entry answers by one rule.

    Args:
        rule: The number of the rule.
        dn: The entry.
        keys: The addresses, domains or names that it answers for.
        destinations: What it answers, as texts that may be lists.
    """

    rule: int
    dn: str
    keys: Sequence[str]
    destinations: Sequence[str] = ()


@attrs.frozen
class Meaning:
    """A rule, with the names that the server at hand has for its attributes.

    `Meaning.of` makes one.

    Args:
        number: The number of the rule.
        rule: The rule.
        keys: As in the rule, and so on.
        values: Attributes whose texts are destinations.
        leaf: Attributes whose texts are destinations where an entry refers to no other.
        dn_values: Attributes that refer to other entries.
        filter_values: Attributes whose filters find other entries.
        commands: Attributes that hold a program.
        domains: The domains that complete a name.
    """

    number: int
    rule: Rule
    keys: tuple[str, ...]
    values: tuple[str, ...]
    leaf: tuple[str, ...]
    dn_values: tuple[str, ...]
    filter_values: tuple[str, ...]
    commands: tuple[str, ...]
    domains: tuple[str, ...]
    _canonical: Canonical
    _match: Filter | None
    _pattern: re.Pattern[str] | None
    _takes_keys_as_they_are: bool

    @classmethod
    def of(cls, number: int, rule: Rule, canonical: Canonical, hosted: Sequence[str] = ()) -> Meaning:
        """Give a rule the names of a server.

        Args:
            number: The number of the rule.
            rule: The rule.
            canonical: Gives the server's names.
            hosted: All domains that the source hosts.
        """
        domains = (*hosted, *rule.domains) if EVERY_DOMAIN in rule.domains else rule.domains
        domains = [each for each in domains if each != EVERY_DOMAIN]

        def named(names: Sequence[str]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(map(canonical, names)))

        return cls(
            number=number,
            rule=rule,
            keys=named(rule.keys),
            values=named(rule.values),
            leaf=named(rule.leaf),
            dn_values=named(rule.dn_values),
            filter_values=named(rule.filter_values),
            commands=named(rule.commands),
            domains=tuple(dict.fromkeys(each.casefold() for each in domains)),
            canonical=canonical,
            match=parse_filter(rule.match) if rule.match else None,
            pattern=_pattern(rule.key_format),
            takes_keys_as_they_are=not (rule.match or rule.prefixes or rule.catchall or rule.within)
            and not rule.domains
            and rule.yields not in _DOMAINS
            and (rule.key_form, rule.key_format) == ("address", "%s"),
        )

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that an entry is asked for."""
        tested = () if self._match is None else (each.name for each in comparisons_of(self._match))
        return tuple(
            dict.fromkeys(
                (
                    *self.keys,
                    *self.values,
                    *self.leaf,
                    *self.dn_values,
                    *self.filter_values,
                    *self.commands,
                    *map(self._canonical, tested),
                )
            )
        )

    def refers(self, entry: Entry) -> bool:
        """Tell whether an entry refers to others."""
        return any(entry.attributes.get(name) for name in (*self.dn_values, *self.filter_values))

    def answers(self, entry: Entry, members: Sequence[str] = ()) -> Iterator[Answer | Remark]:
        """Yield what an entry says.

        Args:
            entry: The entry.
            members: The destinations of the entries that it refers to.
        """
        found, remarks = texts_of(entry, self.keys)
        yield from remarks
        keys = found if self._takes_keys_as_they_are else list(self._keys(entry, found))
        if not keys:
            return
        if not self.rule.has_answers:
            yield Answer(self.number, entry.dn, keys)
            return
        names = self.values if self.refers(entry) else (*self.values, *self.leaf)
        values, remarks = texts_of(entry, names)
        yield from remarks
        values += members
        if self.rule.prefixes:
            values, remarks = self._without_prefixes(entry, values)
            yield from remarks
        commands, remarks = texts_of(entry, self.commands) if self.commands else ([], [])
        yield from remarks
        programs = [_program(each) for each in commands if each.strip()]
        if self.rule.value_format == "%s":
            if values or programs:
                yield Answer(self.number, entry.dn, keys, values + programs)
            return
        for key in keys:
            made = [each for value in values if (each := _made(self.rule.value_format, value, key))]
            if made or programs:
                yield Answer(self.number, entry.dn, [key], made + programs)

    def _keys(self, entry: Entry, texts: Iterable[str]) -> Iterator[str]:
        """Yield the keys that the values of an entry stand for."""
        catchall = f"{self.rule.catchall.casefold()}@" if self.rule.catchall else ""
        for text in texts:
            for key in self._completed(text):
                if self._counts(entry, key):
                    is_catchall = catchall and key.casefold().startswith(catchall)
                    yield key[len(catchall) - 1 :] if is_catchall else key

    def _completed(self, text: str) -> Sequence[str]:
        """Return what a value stands for, whatever else the entry says."""
        rule = self.rule
        cut = _cut(text, rule.prefixes)
        if cut is not None and self._pattern is not None:
            found = self._pattern.fullmatch(cut)
            cut = found["key"] if found is not None else None
        if cut is None:
            return ()
        if rule.yields in _DOMAINS:
            name = cut.removeprefix("@")
            return (name,) if "@" not in name else ()
        if rule.key_form == "domain":
            return (f"@{cut}",) if not rule.domains or cut.casefold() in self.domains else ()
        if rule.key_form == "name" and "@" not in cut and rule.domains:
            return [f"{cut}@{domain}" for domain in self.domains]
        if rule.key_form == "name" or not rule.domains:
            return (cut,) if rule.key_form == "address" or "@" not in cut else ()
        local, _, domain = cut.rpartition("@")
        return (cut,) if local and domain.casefold() in self.domains else ()

    def _counts(self, entry: Entry, key: str) -> bool:
        """Ask the rest of the rule about one key."""
        rule = self.rule
        local, _, domain = key.rpartition("@")
        fill_in = {"%s": key, "%u": local or key, "%d": domain}
        if rule.within:
            parts = enumerate(reversed(domain.split(".")), 1)
            place = _filled(rule.within, {**fill_in, **{f"%{number}": part for number, part in parts}})
            if place is None or not is_below(normalise_dn(entry.dn), normalise_dn(place)):
                return False
        if self._match is None:
            return True

        def values(name: str) -> Sequence[str]:
            return texts_of(entry, (self._canonical(name),))[0]

        return matches(self._match, values, fill_in)

    def _without_prefixes(self, entry: Entry, values: Iterable[str]) -> tuple[list[str], list[Remark]]:
        kept, remarks = [], []
        for value in values:
            text = _cut(value, self.rule.prefixes)
            if text is None:
                said = f"{entry.dn} forwards to {value!r:.100}, which is no mail address; it is left out"
                remarks.append(Remark("ldap-no-address", said, origin=Origin(PLACE, entry.dn)))
            else:
                kept.append(text)
        return kept, remarks


def texts_of(entry: Entry, names: Iterable[str]) -> tuple[list[str], Sequence[Remark]]:
    """Return the values of attributes as texts, and a remark where one is no UTF-8."""
    attributes = entry.attributes
    try:
        return [value.decode() for name in names if name in attributes for value in attributes[name]], ()
    except UnicodeDecodeError:
        names = tuple(name for name in names if name in attributes)
    texts = [value.decode(errors="replace") for name in names for value in attributes[name]]
    said = f"{entry.dn} holds a value of {', '.join(names)} that is no UTF-8; write it again"
    return texts, (Remark("ldap-no-utf8", said, origin=Origin(PLACE, entry.dn)),)


def _cut(text: str, prefixes: Sequence[str]) -> str | None:
    """Cut a prefix off; None where the text has another one, so that it is no mail address."""
    folded = text.casefold()
    for prefix in prefixes:
        if folded.startswith(prefix.casefold()):
            return text[len(prefix) :]
    kind, colon, _ = text.partition(":")
    return None if prefixes and colon and kind.isalnum() else text


def _pattern(key_format: str) -> re.Pattern[str] | None:
    """Return what a value must look like to name a key; None where any value does."""
    if key_format == "%s":
        return None
    pieces = (
        "(?P<key>.+)"
        if piece in ("%s", "%u", "%d")
        else {"*": ".*", "%%": "%"}.get(piece) or re.escape(piece)
        for piece in re.findall(r"%.|.", key_format, re.DOTALL)
    )
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def _filled(template: str, parts: Mapping[str, str]) -> str | None:
    """Fill a DN in; None where it needs a part that the key has not."""
    pieces = [
        parts.get(piece, "") if piece[0] == "%" and piece != "%%" else piece[-1]
        for piece in re.findall(r"%.|.", template, re.DOTALL)
    ]
    return "".join(pieces) if all(pieces) else None


def _program(command: str) -> str:
    """Write a command as a destination that nobody can follow; its arguments say nothing."""
    return f'"|{command.split(maxsplit=1)[0].replace("@", "%").replace(chr(34), "")}"'


def _made(result_format: str, value: str, key: str) -> str:
    """Make a destination of a value as Postfix' ``result_format`` does; empty where a part is missing."""
    parts = {"s": value, "S": key}
    for upper, text in ((False, value), (True, key)):
        local, at, domain = text.rpartition("@")
        parts["U" if upper else "u"] = local if at else text
        parts["D" if upper else "d"] = domain if at else ""
    made = ""
    pieces = iter(result_format)
    for piece in pieces:
        if piece != "%":
            made += piece
            continue
        what = next(pieces, "%")
        if what != "%" and not parts.get(what):
            return ""
        made += parts.get(what, "%")
    return made
