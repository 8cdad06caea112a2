"""What a source is asked to hold, so that a backend can be asked to read it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Capability = Literal[
    "domains",
    "mailboxes",
    "catch_alls",
    "several_destinations",
    "upper_case",
    "idn",
    "trailing_dot",
    "blanks",
    "domain_aliases",
    "inactive_domains",
    "inactive_mailboxes",
    "inactive_forwards",
    "streaming",
    "credentials",
]
"""What a source may lack: parts of a world, spellings of an address, and ways to be read."""

Part = Literal["domain_aliases", "inactive_domains", "inactive_mailboxes", "inactive_forwards"]
ForwardPair = tuple[str, "Sequence[str]"]


@attrs.frozen(kw_only=True)
class World:
    """All that a source holds.

    Every source has a place for the first three parts, or declares that it lacks it. The further
    parts are properties, which note that somebody asked for them: a promise about a part that
    ``make_backend`` never looks at is skipped, and the skip says so.

    Args:
        domains: Hosted domains.
        mailboxes: Addresses with a mailbox.
        forwards: Pairs of a source (an address, or a catch-all ``@domain``) and its destinations.
        domain_aliases: Pairs of a domain and the one that it stands for.
        inactive_domains: Hosted domains that are switched off.
        inactive_mailboxes: Mailboxes that are switched off.
        inactive_forwards: Forwardings that are switched off, as in ``forwards``.
    """

    domains: Sequence[str] = ()
    mailboxes: Sequence[str] = ()
    forwards: Sequence[ForwardPair] = ()
    _domain_aliases: Sequence[tuple[str, str]] = ()
    _inactive_domains: Sequence[str] = ()
    _inactive_mailboxes: Sequence[str] = ()
    _inactive_forwards: Sequence[ForwardPair] = ()
    _asked: set[Part] = attrs.field(factory=set, init=False, eq=False, repr=False)

    @property
    def domain_aliases(self) -> Sequence[tuple[str, str]]:
        """Pairs of a domain and the one that it stands for."""
        self._asked.add("domain_aliases")
        return self._domain_aliases

    @property
    def inactive_domains(self) -> Sequence[str]:
        """Hosted domains that are switched off; they stay hosted, as ``suspended``."""
        self._asked.add("inactive_domains")
        return self._inactive_domains

    @property
    def inactive_mailboxes(self) -> Sequence[str]:
        """Mailboxes that are switched off; they must not be read."""
        self._asked.add("inactive_mailboxes")
        return self._inactive_mailboxes

    @property
    def inactive_forwards(self) -> Sequence[ForwardPair]:
        """Forwardings that are switched off; they must not be read."""
        self._asked.add("inactive_forwards")
        return self._inactive_forwards

    def was_asked_for(self, part: Part) -> bool:
        """Tell whether anybody has looked at one of the further parts."""
        return part in self._asked

    def without(self, lacks: frozenset[Capability]) -> World:
        """Return the world as a source can hold it that has no place for some parts."""
        forwards: Iterator[ForwardPair] = iter(self.forwards)
        if "catch_alls" in lacks:
            forwards = (pair for pair in forwards if not pair[0].startswith("@"))
        if "several_destinations" in lacks:
            forwards = ((source, destinations[:1]) for source, destinations in forwards)
        return attrs.evolve(
            self,
            domains=() if "domains" in lacks else self.domains,
            mailboxes=() if "mailboxes" in lacks else self.mailboxes,
            forwards=tuple(forwards),
        )


_DOMAINS: Final = ("first.example", "second.example", "quiet.example")

PLAIN: Final = World(
    domains=_DOMAINS,
    mailboxes=("ann@first.example", "ben@first.example", "o'hara@first.example", "ann@second.example"),
    forwards=(
        ("info@first.example", ("ann@first.example",)),
        ("o'hara@first.example", ("100%@outside.example.net",)),
        ("ben@first.example", ("ben@first.example", "ben@outside.example.net")),
        ("team@first.example", ("info@first.example", "team@second.example", "x@outside.example.net")),
        ("team@second.example", ("ann@second.example",)),
        ("@second.example", ("info@first.example",)),
    ),
)
"""Chains over two domains, a kept copy, a catch-all, a domain without rows, characters of SQL."""

OTHER: Final = World(
    domains=("third.example",),
    mailboxes=("cleo@third.example",),
    forwards=(("info@third.example", ("cleo@third.example", "cleo@outside.example.net")),),
)
"""It shares nothing with `PLAIN`."""

CHANGES: Final = (
    attrs.evolve(PLAIN, forwards=(("info@first.example", ("ben@first.example",)), *PLAIN.forwards[1:])),
    attrs.evolve(PLAIN, forwards=PLAIN.forwards[1:]),
    attrs.evolve(PLAIN, forwards=PLAIN.forwards[1:], mailboxes=PLAIN.mailboxes[:3]),
    attrs.evolve(PLAIN, forwards=PLAIN.forwards[1:], mailboxes=PLAIN.mailboxes[:3], domains=_DOMAINS[:2]),
)
"""Small changes to `PLAIN`, one after the other: a text of the same length, and rows that go."""

EMPTY: Final = World()

SPELLINGS: Final[dict[Capability, World]] = {
    "upper_case": World(
        domains=("Upper.Example",),
        mailboxes=("Ann@UPPER.example",),
        forwards=(("INFO@upper.EXAMPLE", ("Ann@Upper.Example", "OUT@Outside.Example.NET")),),
    ),
    "idn": World(
        domains=("bücher.example", "xn--mnchen-3ya.example"),
        mailboxes=("ann@bücher.example", "ann@xn--mnchen-3ya.example"),
        forwards=(
            ("info@bücher.example", ("ann@bücher.example", "out@straße.example.net")),
            ("info@xn--mnchen-3ya.example", ("info@xn--bcher-kva.example",)),
        ),
    ),
    "trailing_dot": World(
        domains=("dotted.example.",),
        mailboxes=("ann@dotted.example.",),
        forwards=(("info@dotted.example.", ("ann@dotted.example.", "out@outside.example.net.")),),
    ),
    "blanks": World(
        domains=(" blank.example ",),
        mailboxes=(" ann@blank.example",),
        forwards=((" info@blank.example ", (" ann@blank.example", "out@outside.example.net ")),),
    ),
}
"""Worlds whose addresses are written in odd ways; none of their rows may be lost."""

FURTHER: Final[dict[Part, World]] = {
    "domain_aliases": attrs.evolve(PLAIN, domain_aliases=(("twin.example", "first.example"),)),
    "inactive_domains": attrs.evolve(PLAIN, inactive_domains=("asleep.example",)),
    "inactive_mailboxes": attrs.evolve(PLAIN, inactive_mailboxes=("gone@first.example",)),
    "inactive_forwards": attrs.evolve(
        PLAIN,
        inactive_forwards=(
            ("off@first.example", ("x@outside.example.net",)),
            ("@quiet.example", ("x@outside.example.net",)),
        ),
    ),
}
"""Worlds with one of the parts that not every source has a place for."""

LONG_LIST: Final = World(
    domains=("list.example",),
    forwards=(("all@list.example", tuple(f"member-{number}@outside.example.net" for number in range(1000))),),
)
"""One forwarding with 1,000 destinations."""

ROWS: Final = 10_000
"""How many forwardings the large worlds hold."""

MANY: Final = World(
    domains=("many.example",),
    forwards=tuple(
        (f"u{number}@many.example", (f"u{number}@outside.example.net",)) for number in range(ROWS)
    ),
)
"""Many small rows: more than any page, chunk or buffer should take at once."""


def heavy_rows() -> World:
    """Make many rows of some 700 characters each: 10 MB when all of them are held as records."""
    return World(
        domains=("many.example",),
        forwards=tuple(
            (
                f"u{number}@many.example",
                tuple(f"{'x' * 40}-{number}-{each}@outside.example.net" for each in range(10)),
            )
            for number in range(ROWS)
        ),
    )
