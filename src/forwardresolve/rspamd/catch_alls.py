"""The catch-alls of an answer that changes, as the maps of the multimap profile say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import domain_of
from forwardresolve.rspamd.lines import pattern_lines, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.live import Delta
    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.exemptions import Rules


@attrs.frozen
class Covering:
    """What the maps say of catch-alls, in lines without their ends.

    Args:
        domains: Of the map of domains: those without exceptions.
        patterns: Of the map of patterns: those with exceptions.
    """

    domains: frozenset[str]
    patterns: frozenset[str]


class CatchAlls:
    """The catch-alls of an answer, as it is now.

    Args:
        answer: The answer of this moment.
        rules: What the admin decides.
        limit: How many lines the map of patterns may have.

    Attributes:
        exceptions: How many known addresses are excepted from all of them.
        domains: How many lines the map of domains has.
    """

    def __init__(self, answer: Answer, rules: Rules, limit: int) -> None:
        self._rules = rules
        self._limit = limit
        self._names = {domain: {*names} for domain, names in answer.catch_alls.items()}
        self._counts: dict[str, int] = {}
        self._lines: dict[str, tuple[str, ...]] = {}
        self._patterns: frozenset[str] = frozenset()
        self.exceptions = 0
        self.domains = 0
        self._place(self._names.keys() | {name[1:] for name in rules.signs if name[0] == "@"})

    def follow(self, delta: Delta) -> tuple[Covering, Covering]:
        """Take over what has changed in the answer.

        Args:
            delta: What has changed since the last one.

        Returns:
            What the maps say no more, and what they say only now.
        """
        for domain in delta.catch_alls.appear:
            self._names[domain] = set()
        for name in delta.exceptions.vanish:
            self._names[domain_of(name)].discard(name)
        for name in delta.exceptions.appear:
            self._names[domain_of(name)].add(name)
        for domain in delta.catch_alls.vanish:
            del self._names[domain]
        excepted = map(domain_of, (*delta.exceptions.vanish, *delta.exceptions.appear))
        return self._place({*delta.catch_alls.vanish, *delta.catch_alls.appear, *excepted})

    def _place(self, changed: Iterable[str]) -> tuple[Covering, Covering]:
        """Say anew what holds of some domains."""
        goes, comes = set[str](), set[str]()
        for domain in changed:
            goes.update(self._plain(domain))
            self.exceptions -= self._counts.pop(domain, 0)
            self._lines.pop(domain, None)
            exceptions = self._rules.catch_all(domain, self._names.get(domain))
            if exceptions is None:
                continue
            self._counts[domain] = len(exceptions)
            self.exceptions += len(exceptions)
            if exceptions:
                self._lines[domain] = pattern_lines(domain, exceptions, self._rules.delimiter)
            comes.update(self._plain(domain))
        self.domains += len(comes) - len(goes)
        before, self._patterns = self._patterns, frozenset(self._chosen())
        return (
            Covering(frozenset(goes - comes), before - self._patterns),
            Covering(frozenset(comes - goes), self._patterns - before),
        )

    def _plain(self, domain: str) -> tuple[str, ...]:
        return spellings(domain) if self._counts.get(domain) == 0 else ()

    def _chosen(self) -> Iterator[str]:
        """Yield as many patterns as there may be, those of the first domains."""
        left = self._limit
        for _, lines in sorted(self._lines.items()):
            if len(lines) <= left:
                left -= len(lines)
                yield from lines  # none of a domain with too many exceptions
