"""Nasty random mail hosts: print every recipient that anything of ours is wrong about.

Run ``python tests/stress.py --seed 7 --worlds 1000``. For each recipient the verdict, its ends, the
path, the list and the finite table must all say what a plain search says. Each difference comes
with the command that repeats its world alone. The exit status is 1 when there is any, else 0.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.entries import look_up
from hosts import table_of
from naive import NaiveHost
from nasty import World, random_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RECIPIENTS: Final = 40
"""How many random recipients each world is asked about."""


@attrs.frozen
class Difference:
    """A recipient that is decided otherwise than by the plain search.

    Args:
        seed: What the generator began with.
        number: The number of the world.
        recipient: The recipient.
        expected: What the plain search says.
        said: What says otherwise, and what it says.
        world: The mail host.
    """

    seed: int
    number: int
    recipient: str
    expected: bool
    said: Mapping[str, bool]
    world: World

    def __str__(self) -> str:
        """Write down all that is needed to look into it."""
        lines = [f"{self.recipient}: {self.expected} by a plain search, but {dict(self.said)}"]
        lines += [f"    {record}" for record in self.world.records]
        lines += [f"    {self.world.choices}"]
        lines += [f"  again: python tests/stress.py --seed {self.seed} --world {self.number}"]
        return "\n".join(lines)


def differences(seed: int, numbers: Sequence[int]) -> Iterator[Difference]:
    """Make some worlds of a seed and yield whatever is decided wrongly in them."""
    for number in numbers:
        rng = Random(f"{seed}/{number}")  # noqa: S311 (repeatable choices, no secrets)
        world = random_world(rng)
        recipients = [world.recipient(rng) for _ in range(RECIPIENTS)]
        for recipient, expected, said in _compare(world, recipients):
            wrong = {what: value for what, value in said.items() if value != expected}
            if wrong:
                yield Difference(seed, number, recipient, expected, wrong, world)


def _compare(world: World, recipients: Sequence[str]) -> Iterator[tuple[str, bool, dict[str, bool]]]:
    """Yield each recipient with what a plain search says, and what everything else says."""
    graph = ForwardingGraph.from_records(world.records, **world.choices)
    resolution = resolve(graph)
    naive = NaiveHost(world.records, **world.choices)
    table = table_of(resolution)
    delimiters = graph.settings.recipient_delimiter
    for recipient in recipients:
        verdict = resolution.verdict(recipient)
        ends_outside = any(graph.settings.counts_as_outside(final.kind) for final in verdict.finals)
        leaves, stays = naive.walk(recipient)
        yield (
            recipient,
            leaves,
            {
                "reaches_external": verdict.reaches_external,
                "an end is outside": ends_outside,
                "there is a path": resolution.path(recipient) is not None,
            },
        )
        yield recipient, leaves and stays, {"keeps_copy": verdict.keeps_copy}
        said = {"listed": verdict.listed, "in the resolution": recipient in resolution}
        if "@" in recipient and not naive.patterns:
            said["the table"] = look_up(table, recipient, delimiters)
        yield recipient, naive.lists(recipient), said
    if naive.patterns:
        return  # no finite table says what a pattern does with names that nobody knows
    for address in resolution.addresses:
        yield address, naive.lists(address), {"addresses": True}
    for domain, exceptions in resolution.catch_alls.items():
        unknown = f"unknown@{domain}"
        yield unknown, naive.lists(unknown), {"catch_alls": True}
        for address in exceptions:
            yield address, naive.lists(address), {"not an exception of a catch-all": False}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=1000, help=f"each with {RECIPIENTS} recipients")
    parser.add_argument("--world", type=int, help="the number of one world, to repeat it alone")
    options = parser.parse_args(arguments)
    numbers = range(options.worlds) if options.world is None else [options.world]
    begin, found = time.monotonic(), 0
    for difference in differences(options.seed, numbers):
        found += 1
        print(difference, flush=True)  # noqa: T201 (what the script is for)
    asked = len(numbers) * RECIPIENTS
    print(f"{found} differences, {asked} recipients, {time.monotonic() - begin:.1f} s")  # noqa: T201 (as above)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
