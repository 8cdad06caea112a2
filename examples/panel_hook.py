"""What a panel tells its customer before a forwarding is saved.

The panel keeps one `Resolution` of all its rows and asks it here; nothing is read and nothing is
resolved again. The answer is about the mail host as it was when the resolution was made.

Run it, and it shows what three customers would read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve import AddressError, Domain, Forward, ForwardingGraph, Mailbox, resolve
from forwardresolve.sdk import normalise, split_destinations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve import Resolution


def warnings(resolution: Resolution, source: str, destinations: str) -> Iterator[str]:
    """Say what a customer should know about a forwarding that is about to be saved.

    Args:
        resolution: The mail host as it is.
        source: The address that is going to forward, or a catch-all ``@domain``.
        destinations: What the customer has typed, addresses divided by commas.

    Yields:
        Sentences for the customer; none when there is nothing to warn of.
    """
    try:
        key = normalise(source)
    except AddressError as error:
        yield f"This cannot be saved: {error}."
        return
    for destination in split_destinations(destinations):
        try:
            verdict = resolution.verdict(destination)
        except AddressError as error:
            yield f"This cannot be saved: {error}."
            continue
        if verdict.address == key:
            continue  # it keeps a copy
        if any(hop.address == key for hop in resolution.hops(verdict.address)):
            yield f"Mail would go in a circle: {verdict.address} forwards to {key}."
        elif not verdict.hosted:
            yield f"Spam to {key} will be refused from now on, because {verdict.address} is outside."
        elif verdict.reaches_external:
            way = " -> ".join(resolution.path(verdict.address) or ())
            yield f"Spam to {key} will be refused from now on, because mail leaves over {way}."
        elif all(final.kind == "undeliverable" for final in verdict.finals):
            yield f"Nobody has the address {verdict.address}."


def main() -> None:
    """Show what three customers would read."""
    resolution = resolve(
        ForwardingGraph.from_records(
            [
                Domain("example.net"),
                Mailbox("ann@example.net"),
                Mailbox("ben@example.net"),
                Forward("team@example.net", "ann@example.net, ben@gmail.example"),
                Forward("office@example.net", "info@example.net"),
            ]
        )
    )
    for source, destinations in (
        ("ben@example.net", "ben@example.net, ben@freemail.example"),
        ("info@example.net", "team@example.net, office@example.net"),
        ("sales@example.net", "anne@example.net, ann@example.net, ben@"),
    ):
        print(f"{source} -> {destinations}")
        for sentence in warnings(resolution, source, destinations):
            print(f"  {sentence}")


if __name__ == "__main__":
    main()
