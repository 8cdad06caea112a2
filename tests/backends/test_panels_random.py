"""On random rows, too, a preset says what a real Postfix with the panel's own queries does."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from backends import test_contract_panels as contracts
from backends.panels.panel import leaves
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.sdk import Secret
from forwardresolve.testing import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from servers.sql import Database

DOMAINS: Final = ("a.example", "b.example", "c.example")
TWIN: Final = "twin.example"
NAMES: Final = ("u", "v", "w", "x", "y")
TAGGED: Final = (*NAMES, "u+tag", "v+tag")
OUTSIDE: Final = ("o@outside.example.net", "p@outside.example.net")

PANELS: Final = (
    contracts.TestFroxlor,
    contracts.TestIredmail,
    contracts.TestIspconfig,
    contracts.TestMailcow,
    contracts.TestMailinabox,
    contracts.TestMailu,
    contracts.TestModoboa,
    contracts.TestVimbadmin,
)


def random_world(rng: Random) -> World:
    """Return domains whose addresses lead to each other, outside, and to nobody."""

    def address() -> str:
        return f"{rng.choice(TAGGED)}@{rng.choice((*DOMAINS, TWIN))}"

    def destinations(source: str) -> Sequence[str]:
        found = [
            rng.choice(OUTSIDE) if rng.random() < 0.3 else address() for _ in range(rng.choice((1, 1, 2)))
        ]
        return sorted({*found, *([source] if source[0] != "@" and rng.random() < 0.3 else [])})

    mailboxes = sorted({f"{rng.choice(NAMES)}@{rng.choice(DOMAINS)}" for _ in range(6)})
    sources = sorted({address() for _ in range(12)} | {f"@{rng.choice(DOMAINS)}" for _ in range(2)})
    forwards = [(source, destinations(source)) for source in sources if not source.endswith(TWIN)]
    off = rng.randrange(len(forwards))
    return World(
        domains=DOMAINS,
        mailboxes=mailboxes,
        forwards=[each for number, each in enumerate(forwards) if number != off],
        domain_aliases=[(TWIN, rng.choice(DOMAINS))],
        inactive_forwards=[forwards[off]],
    )


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.usefixtures("private_postfix")
@pytest.mark.parametrize(
    ("contract", "kind"),
    [
        pytest.param(each, (each.panel.judges or each.panel.databases)[0], id=each.panel.preset)
        for each in PANELS
    ],
)
def test_random_rows_lead_where_postfix_delivers(
    contract: type[contracts.Preset], panel_database: Database, postfix_directory: Path
) -> None:
    world = random_world(Random(contract.panel.preset))  # noqa: S311 (repeatable choices, no secrets)
    made = contract()
    made.fill(panel_database, world)
    recipients = [f"{name}@{domain}" for domain in DOMAINS for name in (*TAGGED, "nobody", "nobody+tag")]
    panel = attrs.evolve(contract.panel, mailboxes=world.mailboxes)
    outcomes = panel.ask_postfix(panel_database, recipients, postfix_directory)
    resolution = resolve(ForwardingGraph.from_records(made.backend(Secret(panel_database.url)).records()))
    verdicts = {recipient: resolution.verdict(recipient) for recipient in recipients}
    loops = {recipient for recipient, outcome in outcomes.items() if outcome.error}
    assert loops == {recipient for recipient, verdict in verdicts.items() if verdict.status != "ok"}
    assert {each for each in recipients if leaves(outcomes[each])} - loops == {
        each for each in recipients if verdicts[each].reaches_external
    } - loops
