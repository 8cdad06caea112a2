"""Random mail hosts, a real Postfix, and us: print every recipient that we are wrong about.

Run ``python tests/differential.py --seed 7 --count 5000``. Each difference comes with the command
that repeats its world alone. The exit status is 1 when there is any, else 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import ForwardingGraph, resolve
from scenarios import Outcome, Scenario, scenario_records, verdict_in_short
from servers.postfix import ask_postfix, why_unavailable
from worlds import random_recipients, random_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT_COUNT: Final = 200


@attrs.frozen
class Question:
    """A random world and the recipients to ask about.

    Args:
        seed: What the generator began with, and the number of the world behind a slash.
        world: The mail host.
        recipients: The recipients.
    """

    seed: str
    world: Scenario
    recipients: Sequence[str]


@attrs.frozen
class Difference:
    """A recipient that we say something else about than Postfix does.

    Args:
        question: Where it was found.
        recipient: The recipient.
        ours: What we say, in short.
        postfix: What happened.
    """

    question: Question
    recipient: str
    ours: str
    postfix: Outcome

    def __str__(self) -> str:
        """Write down all that is needed to look into it."""
        reasons = sorted(self.postfix.bounce | self.postfix.error)
        return "\n".join(
            [
                f"{self.recipient}",
                f"  ours:    {self.ours or 'nothing'}",
                f"  postfix: {self.postfix.in_short() or 'nothing'}",
                *(f"           {reason}" for reason in reasons),
                f"  world:   {self.question.seed} {json.dumps(self.question.world, ensure_ascii=False)}",
                "  again:   python tests/differential.py --seed {} --world {}".format(
                    *self.question.seed.split("/")
                ),
            ]
        )


def question(seed: int, number: int) -> Question:
    """Return one question; the same seed and number always make the same one."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 (repeatable choices, no secrets)
    world = random_world(rng)
    return Question(f"{seed}/{number}", world, random_recipients(world, rng))


def questions(seed: int, count: int) -> Iterator[Question]:
    """Yield questions until they hold at least ``count`` recipients together."""
    number = 0
    while count > 0:
        made = question(seed, number)
        yield made
        number += 1
        count -= len(made.recipients)


def compare(asked: Question) -> list[Difference]:
    """Ask Postfix and us, and return where the answers differ."""
    records, settings = scenario_records(asked.world)
    resolution = resolve(ForwardingGraph.from_records(records, **settings))
    found = []
    for recipient, outcome in ask_postfix(asked.world, asked.recipients).items():
        ours = verdict_in_short(resolution.verdict(recipient), asked.world)
        if ours != outcome.in_short():
            found.append(Difference(asked, recipient, ours, outcome))
    return found


def shrink(difference: Difference) -> Difference:
    """Leave out of the world whatever the difference does not need."""
    smallest = difference
    shrunk = True
    while shrunk:
        shrunk = False
        for world in _smaller(smallest.question.world):
            asked = attrs.evolve(difference.question, world=world, recipients=[difference.recipient])
            if found := compare(asked):
                smallest, shrunk = found[0], True
                break
    return smallest


def _smaller(world: Scenario) -> Iterator[Scenario]:
    """Yield worlds that lack one thing each."""
    for key, value in world.items():
        if key == "local_domains":
            yield from ({**world, key: {**value, **fewer}} for fewer in _smaller(value))
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield {**world, key: value[:place] + value[place + 1 :]}
                if isinstance(item, list) and key != "alias_domains":
                    for text in _shorter(item[1]):
                        yield {**world, key: [*value[:place], [item[0], text], *value[place + 1 :]]}
        elif key not in ("recipient_delimiter", "main_cf", "include_files"):
            yield {other: world[other] for other in world if other != key}


def _shorter(text: str) -> Iterator[str]:
    """Yield lists of destinations that lack one item each."""
    items = text.split(", ")
    if len(items) > 1:
        yield from (", ".join(items[:place] + items[place + 1 :]) for place in range(len(items)))


def main() -> int:
    """Compare as the command line says and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="what the random choices begin with")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="recipients to compare, at least")
    parser.add_argument("--world", type=int, help="compare this world of the seed only")
    parser.add_argument("--shrink", action="store_true", help="print the smallest world that differs")
    options = parser.parse_args()
    if reason := why_unavailable():
        parser.exit(2, f"{reason}\n")
    asked = (
        questions(options.seed, options.count)
        if options.world is None
        else [question(options.seed, options.world)]
    )
    begin = time.monotonic()
    recipients = differences = 0
    for each in asked:
        recipients += len(each.recipients)
        for difference in compare(each):
            differences += 1
            print(shrink(difference) if options.shrink else difference, end="\n\n", flush=True)  # noqa: T201 (a script prints)
    seconds = time.monotonic() - begin
    print(  # noqa: T201 (a script prints)
        f"{recipients} recipients in {seconds:.0f} s ({recipients / seconds:.0f} a second),"
        f" {differences} differences"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
