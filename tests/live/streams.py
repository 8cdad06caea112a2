"""Random streams of changes on nasty hosts: print whatever a live resolution is wrong about.

Run ``python tests/live/streams.py --seed 7 --changes 100000``. After every change the old list with
the delta is the new list, and everything equals a full resolution of the same rows. Each difference
comes with the command that repeats its world alone. The exit status is 1 when there is any, else 0.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, LiveResolution, Mailbox, resolve
from forwardresolve.live import (
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from nasty import Maker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forwardresolve import Delta, Resolution
    from forwardresolve.live import Change, Difference
    from forwardresolve.records import DomainKind, ForwardTable, Record
    from nasty import World

CHANGES_A_WORLD: Final = 40
"""How many changes one world goes through."""
_KINDS: Final[Sequence[DomainKind]] = (
    "mailbox",
    "mailbox",
    "mailbox",
    "alias",
    "relay",
    "local",
    "suspended",
    "autoreply",
)
_TABLES: Final[Sequence[ForwardTable]] = ("local", "local", "canonical", "bcc")


class Host:
    """The same mail host as plain records, for a full resolution."""

    def __init__(self, world: World) -> None:
        self.records: list[Record] = [*world.records]
        self.choices = world.choices

    def graph(self) -> ForwardingGraph:
        return ForwardingGraph.from_records(self.records, **self.choices)

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            match change:
                case SetForwarding(source, destinations, table):
                    self.drop(Forward, source=source, table=table)
                    self.records.append(Forward(source, destinations, table))
                case RemoveForwarding(source, table):
                    self.drop(Forward, source=source, table=table)
                case SetMailbox(address, shields):
                    self.drop(Mailbox, address=address)
                    self.records.append(Mailbox(address, shields))
                case RemoveMailbox(address):
                    self.drop(Mailbox, address=address)
                case SetDomain(name, kind):
                    self.drop(Domain, name=name)
                    self.records.append(Domain(name, kind))
                case RemoveDomain(name):
                    self.drop(Domain, name=name)
                case SetDomainAlias(alias, target):
                    self.drop(DomainAlias, alias=alias)
                    self.records.append(DomainAlias(alias, target))
                case RemoveDomainAlias(alias):
                    self.drop(DomainAlias, alias=alias)

    def drop(self, kind: type, **names: str) -> None:
        self.records = [
            record
            for record in self.records
            if type(record) is not kind
            or any(getattr(record, field) != name for field, name in names.items())
        ]

    def known(self, kind: type) -> list[Any]:
        return [record for record in self.records if type(record) is kind]


class Stream:
    """A mail host and the changes that come to it, drawn from one generator."""

    def __init__(self, rng: Random, *, calm: bool) -> None:
        self.rng = rng
        self.maker = Maker(rng)
        self.world = self.maker.world()
        self.host = Host(self.world)
        self.calm = calm

    def changes(self) -> tuple[Change, ...]:
        """Draw what happens next: one change, or several at once."""
        rng = self.rng
        if rng.random() < 0.05 and self.host.known(Forward):
            row = rng.choice(self.host.known(Forward))
            moved = f"{row.source.rpartition('@')[0]}@{self.maker.domain()}"
            return (
                RemoveForwarding(row.source, row.table),
                SetForwarding(moved, row.destinations, row.table),
            )
        return tuple(self.change() for _ in range(1 if rng.random() < 0.85 else rng.randint(2, 4)))

    def change(self) -> Change:
        choice = self.rng.random()
        if choice < 0.55 or (self.calm and choice < 0.7):
            return self.set_row("virtual")
        if choice < 0.75:
            return self.remove_row()
        if choice < 0.83 or (self.calm and choice < 0.97):
            return self.mailbox()
        if choice < 0.90:
            return self.domain()
        if choice < 0.95:
            return self.domain_alias()
        return self.set_row(self.rng.choice(_TABLES))

    def set_row(self, table: ForwardTable) -> Change:
        made = self.maker.account_row() if table == "local" else self.maker.forward(table)
        source = made.source
        rows = [row.source for row in self.host.known(Forward) if row.table == table]
        if rows and self.rng.random() < 0.4:
            source = self.rng.choice(rows)
        destinations = made.destinations
        if self.rng.random() < 0.05:
            destinations = source if "@" in source[1:] else destinations
        if self.rng.random() < 0.03:
            destinations = self.rng.choice(("", "a b@@", f"{destinations}, x@-bad-"))
        return SetForwarding(source, destinations, table)

    def remove_row(self) -> Change:
        rows = self.host.known(Forward)
        if not rows or self.rng.random() < 0.05:
            return RemoveForwarding(self.maker.source())
        row = self.rng.choice(rows)
        return RemoveForwarding(row.source, row.table)

    def mailbox(self) -> Change:
        known = self.host.known(Mailbox)
        if known and self.rng.random() < 0.5:
            return RemoveMailbox(self.rng.choice(known).address)
        address = self.maker.address() if self.rng.random() < 0.9 else self.maker.source()
        return SetMailbox(address, shields=self.rng.random() < 0.4)

    def domain(self) -> Change:
        if self.rng.random() < 0.5:
            return RemoveDomain(self.maker.domain())
        return SetDomain(self.maker.domain(), self.rng.choice(_KINDS))

    def domain_alias(self) -> Change:
        known = self.host.known(DomainAlias)
        if known and self.rng.random() < 0.5:
            return RemoveDomainAlias(self.rng.choice(known).alias)
        alias = self.rng.choice((*self.maker.domains, "al.test", "al2.test"))
        return SetDomainAlias(alias, self.maker.domain())


Told = tuple[dict[Any, None], ...]


def told(resolution: Resolution) -> Told:
    """Return all that a resolution lists, in the form of what a delta changes."""
    return (
        dict.fromkeys(resolution.addresses),
        dict.fromkeys(resolution.catch_alls),
        dict.fromkeys(name for names in resolution.catch_alls.values() for name in names),
        dict.fromkeys(resolution.entries()),
    )


def with_delta(before: Told, delta: Delta) -> Told:
    """Apply a delta as whoever receives it does; what cannot be applied raises."""
    differences: tuple[Difference[Any], ...] = (
        delta.addresses,
        delta.catch_alls,
        delta.exceptions,
        delta.entries,
    )
    after = []
    for known, difference in zip(before, differences, strict=True):
        now = dict(known)
        for each in difference.vanish:
            del now[each]
        for each in difference.appear:
            assert each not in now
            now[each] = None
        after.append(now)
    return tuple(after)


def wrong(seed: int, number: int, changes: int = CHANGES_A_WORLD) -> Iterator[str]:
    """Send a stream of changes through one world and yield what is wrong after each."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 (repeatable choices, no secrets)
    stream = Stream(rng, calm=number % 2 == 0)
    live = LiveResolution(stream.host.graph())
    before = told(live)
    for step in range(changes):
        batch = stream.changes()
        previewed = live.preview(batch) if rng.random() < 0.1 else None
        delta = live.apply(batch)
        stream.host.apply(batch)
        full = resolve(stream.host.graph())
        found = []
        if previewed not in (None, delta):
            found.append(f"the preview said {previewed}, then {delta}")
        after = told(full)
        said = with_delta(before, delta)
        for what, one, other in (("not", after, said), ("wrongly", said, after)):
            found += [
                f"{what} said: {', '.join(map(str, a.keys() - b.keys()))}"
                for a, b in zip(one, other, strict=True)
                if a.keys() - b.keys()
            ]
        if not found and _answer(live) != _answer(full):
            found.append("what is listed is wrong")
        found += _wrong_answers(live, full, [stream.world.recipient(rng) for _ in range(2)])
        if found:
            yield "\n".join(
                [
                    f"step {step}: {batch}",
                    *found,
                    *(f"    {record}" for record in stream.host.records),
                    f"    {stream.host.choices}",
                    f"  again: python tests/live/streams.py --seed {seed} --world {number}",
                ]
            )
            return
        before = after


def _answer(resolution: Resolution) -> tuple[object, ...]:
    return resolution.addresses, resolution.catch_alls, tuple(resolution.entries())


def _wrong_answers(live: LiveResolution, full: Resolution, recipients: Iterable[str]) -> Iterator[str]:
    for recipient in recipients:
        if live.verdict(recipient) != full.verdict(recipient):
            yield f"{recipient}: {live.verdict(recipient)}, but {full.verdict(recipient)}"
        if live.path(recipient) != full.path(recipient):
            yield f"{recipient}: {live.path(recipient)}, but {full.path(recipient)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--world", type=int, help="the number of one world, to repeat it alone")
    options = parser.parse_args(arguments)
    worlds = range(-(-options.changes // CHANGES_A_WORLD)) if options.world is None else [options.world]
    begin, found = time.monotonic(), 0
    for number in worlds:
        for each in wrong(options.seed, number):
            found += 1
            print(each, flush=True)  # noqa: T201 (what the script is for)
    seconds = time.monotonic() - begin
    print(f"{found} differences, {len(worlds) * CHANGES_A_WORLD} changes, {seconds:.1f} s")  # noqa: T201 (as above)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
