"""What an admin decides against the resolution: addresses to leave alone, and addresses to protect."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve.addresses import normalise, quote_local, split_address, split_extension, unquote_local
from forwardresolve.entries import STAR, Entry, exact_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.rspamd.answer import Answer


def _is_day(_: Any, attribute: attrs.Attribute[str], text: str) -> None:  # noqa: ANN401 (the instance)
    try:
        if text:
            dt.date.fromisoformat(text)
    except ValueError:
        msg = f'{attribute.name} must be a day such as "2030-12-31", not {text!r}'
        raise ValueError(msg) from None


def is_address(_: Any, attribute: attrs.Attribute[Any], value: str | Sequence[str]) -> None:  # noqa: ANN401
    """Refuse what is neither a whole address nor a catch-all ``@domain``."""
    for text in (value,) if isinstance(value, str) else value:
        if "@" not in normalise(text):
            msg = f"{attribute.name} must be a whole address or @domain, not {text!r}"
            raise ValueError(msg)


@attrs.frozen
class Exemption:
    """One address, or a domain, that is left alone though it reaches outside.

    Args:
        address: The address, with any extension of its own meant too; ``@domain`` for all of a
            domain.
        reason: Why, for whoever reads the configuration later.
        until: The last day that it holds, ``YYYY-MM-DD``; empty for ever.
    """

    address: str = attrs.field(validator=is_address)
    reason: str = attrs.field(validator=attrs.validators.min_len(1))
    until: str = attrs.field(default="", validator=_is_day)

    def holds(self, today: dt.date) -> bool:
        """Tell whether the last day is still to come, or is today."""
        return not self.until or today <= dt.date.fromisoformat(self.until)


@attrs.frozen
class Rules:
    """What an admin decides about single addresses and whole domains.

    An address means itself and its extensions, and beats its domain.

    Args:
        signs: A normalised address or ``@domain`` to whether it is listed, sorted.
        delimiter: Postfix' ``recipient_delimiter``.
    """

    signs: Mapping[str, bool]
    delimiter: str

    @classmethod
    def of(cls, exempt: Sequence[str], protect: Sequence[str], delimiter: str) -> Rules:
        """Write down the rules; see `decided`."""
        signs = {normalise(address): False for address in exempt}
        signs |= {normalise(address): True for address in protect}
        return cls(dict(sorted(signs.items())), delimiter)

    def named(self, *, listed: bool) -> tuple[str, ...]:
        """Return the addresses that are named themselves; without domains."""
        return tuple(name for name, sign in self.signs.items() if sign is listed and name[0] != "@")

    def sign(self, address: str) -> bool | None:
        """Return what the rules say of an address; None where they are silent."""
        local, domain = split_address(address)
        base = split_extension(local, self.delimiter)[0]
        return self._first((address, f"{base}@{domain}", f"@{domain}"))

    def sign_of_key(self, key: str) -> bool | None:
        """Return what the rules say of the key of an entry; None where they are silent."""
        local, domain = split_address(key)
        if local.endswith(STAR):
            return self._first((f"{local.removesuffix(STAR)}@{domain}", f"@{domain}"))
        return self.sign(f"{quote_local(unquote_local(local)) if local else ''}@{domain}")

    def catch_all(self, domain: str, exceptions: Iterable[str] | None) -> tuple[str, ...] | None:
        """Decide about the unknown addresses of a domain.

        Args:
            domain: The domain.
            exceptions: The known addresses in it that are not listed; None where the unknown ones
                are not listed.

        Returns:
            The exceptions, sorted; None where the unknown ones are not listed.
        """
        sign = self.signs.get(f"@{domain}")
        if sign is False or (sign is None and exceptions is None):
            return None
        names = {name for name in exceptions or () if self.sign(name) is not True}
        names.update(name for name in self.named(listed=False) if split_address(name)[1] == domain)
        return tuple(sorted(names))

    def _first(self, names: tuple[str, ...]) -> bool | None:
        return next((self.signs[name] for name in names if name in self.signs), None)


def decided(answer: Answer, exempt: Sequence[str], protect: Sequence[str]) -> Answer:
    """Put what an admin decides over a resolution.

    Args:
        answer: The resolution.
        exempt: Addresses and ``@domain`` that are not listed, whatever the resolution says.
        protect: Addresses and ``@domain`` that are listed, whatever the resolution says.

    Returns:
        The answer with the decisions in it.
    """
    rules = Rules.of(exempt, protect, answer.graph.settings.recipient_delimiter)
    return _Decided(answer, rules) if rules.signs else answer


@attrs.frozen
class _Decided:
    """An answer with rules over it."""

    _answer: Answer
    _rules: Rules

    @property
    def graph(self) -> ForwardingGraph:
        return self._answer.graph

    @property
    def addresses(self) -> tuple[str, ...]:
        kept = {address for address in self._answer.addresses if self._rules.sign(address) is not False}
        return tuple(sorted(kept.union(self._rules.named(listed=True))))

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        answer = self._answer.catch_alls
        named = {name[1:] for name in self._rules.signs if name[0] == "@"}
        found = {
            domain: self._rules.catch_all(domain, answer.get(domain))
            for domain in sorted(answer.keys() | named)
        }
        return {domain: exceptions for domain, exceptions in found.items() if exceptions is not None}

    def entries(self) -> Iterator[Entry]:
        kept = [entry for entry in self._answer.entries() if self._rules.sign_of_key(entry.key) is None]
        kept += (Entry(exact_key(name), listed=listed) for name, listed in self._rules.signs.items())
        yield from sorted(kept, key=lambda entry: entry.key)
