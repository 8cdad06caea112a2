"""Which domains are one slip of the hand from a hosted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = 4


def nearest_domains(outside: Iterable[str], hosted: Iterable[str]) -> dict[str, str]:
    """Find the domains outside that one slip turns into a hosted one.

    A slip is a letter too many, a letter too few, a wrong one, or two neighbours swapped. Two
    texts one slip apart become equal when the right letter is taken out of each, so only such
    pairs are compared.

    Args:
        outside: Domains that destinations lead to.
        hosted: The hosted domains.

    Returns:
        Domain to the hosted one that may be meant, the first by name.
    """
    by_remainder: dict[str, list[str]] = {}
    heads: set[str] = set()
    tails: set[str] = set()
    for domain in outside:
        heads.add(domain[:_HEAD])
        tails |= {domain[_HEAD:], domain[_HEAD + 1 :]}
        for remainder in _remainders(domain):
            by_remainder.setdefault(remainder, []).append(domain)
    nearest: dict[str, str] = {}
    for domain in hosted:
        # A slip leaves the head as it is, or what follows it.
        if domain[:_HEAD] not in heads and tails.isdisjoint((domain[_HEAD:], domain[_HEAD + 1 :])):
            continue
        for remainder in _remainders(domain):
            for other in by_remainder.get(remainder, ()):
                if _one_slip(other, domain):
                    nearest[other] = min(nearest.get(other, domain), domain)
    return nearest


def _remainders(domain: str) -> Iterator[str]:
    """Yield a domain, and what is left of it without one of its letters."""
    yield domain
    for place in range(len(domain)):
        yield domain[:place] + domain[place + 1 :]


def _one_slip(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    end = 0
    while end < len(one) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    differs, differs_other = one[start : len(one) - end], other[start : len(other) - end]
    return len(differs_other) == 1 or (len(differs) == len("ab") and differs == differs_other[::-1])
