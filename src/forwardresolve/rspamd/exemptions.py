"""What an admin decides against the resolution: addresses to leave alone, and addresses to protect."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve.addresses import normalise, quote_local, split_address, split_extension, unquote_local
from forwardresolve.entries import STAR, Entry, exact_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def decided(answer: Answer, exempt: Sequence[str], protect: Sequence[str]) -> Answer:
    """Put what an admin decides over a resolution.

    Args:
        answer: The resolution.
        exempt: Addresses and ``@domain`` that are not listed, whatever the resolution says.
        protect: Addresses and ``@domain`` that are listed, whatever the resolution says.

    Returns:
        The answer with the decisions in it. An address means itself and its extensions, and
        beats its domain.
    """
    rules = {normalise(address): False for address in exempt}
    rules |= {normalise(address): True for address in protect}
    return _Decided(answer, dict(sorted(rules.items()))) if rules else answer


@attrs.frozen
class _Decided:
    """An answer with rules over it: ``address`` or ``@domain`` to whether it is listed."""

    _answer: Answer
    _rules: Mapping[str, bool]

    @property
    def graph(self) -> ForwardingGraph:
        return self._answer.graph

    @property
    def addresses(self) -> tuple[str, ...]:
        kept = {address for address in self._answer.addresses if self._rule(address) is not False}
        return tuple(sorted(kept | {address for address in self._named(listed=True) if address[0] != "@"}))

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        found = {}
        exempt = [address for address in self._named(listed=False) if address[0] != "@"]
        domains = {address[1:] for address in self._named(listed=True) if address[0] == "@"}
        for domain in sorted(self._answer.catch_alls.keys() | domains):
            if self._rules.get(f"@{domain}") is False:
                continue
            names = {name for name in self._answer.catch_alls.get(domain, ()) if self._rule(name) is not True}
            names.update(address for address in exempt if split_address(address)[1] == domain)
            found[domain] = tuple(sorted(names))
        return found

    def entries(self) -> Iterator[Entry]:
        kept = [entry for entry in self._answer.entries() if self._rule_of_key(entry.key) is None]
        kept += (Entry(exact_key(address), listed=listed) for address, listed in self._rules.items())
        yield from sorted(kept, key=lambda entry: entry.key)

    def _named(self, *, listed: bool) -> Iterator[str]:
        return (address for address, sign in self._rules.items() if sign is listed)

    def _rule_of_key(self, key: str) -> bool | None:
        """Return what the rules say of the key of an entry; None where they are silent."""
        local, domain = split_address(key)
        if local.endswith(STAR):
            return self._first((f"{local.removesuffix(STAR)}@{domain}", f"@{domain}"))
        return self._rule(f"{quote_local(unquote_local(local)) if local else ''}@{domain}")

    def _rule(self, address: str) -> bool | None:
        """Return what the rules say of an address; None where they are silent."""
        local, domain = split_address(address)
        base = split_extension(local, self.graph.settings.recipient_delimiter)[0]
        return self._first((address, f"{base}@{domain}", f"@{domain}"))

    def _first(self, names: tuple[str, ...]) -> bool | None:
        return next((self._rules[name] for name in names if name in self._rules), None)
