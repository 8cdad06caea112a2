"""``forwardresolve query``: a verdict for any address, one a line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import BackendName, ConfigFile, Options, OutputFormat, Url, chosen
from forwardresolve.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.reachability import Verdict


def query(
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS...", help="The addresses; - for standard input.")
    ],
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="Lines with tabs, or one JSON object a line.")
    ] = "text",
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Say of each address whether it reaches outside.

    A line is the address, a tab, the verdict (external, internal or not-hosted), a tab, and where
    its mail ends, separated by commas. What is no address gets the verdict error, and the exit
    code is 1 then.

    \b
    forwardresolve query info@example.net --backend postfixadmin --url sqlite:///mail.db
    """
    resolution = pipeline.resolution(chosen(config, backend, url, option))
    answer = _as_json if output_format == "json" else _as_text
    failed = False
    for address in _each(addresses):
        verdict: Verdict | AddressError
        try:
            verdict = resolution.verdict(address)
        except AddressError as error:
            verdict, failed = error, True
        print(answer(address, verdict), flush=True)
    if failed:
        raise typer.Exit(1)


def _each(addresses: Iterable[str]) -> Iterator[str]:
    """Yield the addresses; those of standard input as they come."""
    for address in addresses:
        if address == "-":
            yield from (line.rstrip("\r\n") for line in sys.stdin or ())
        else:
            yield address


def _word(verdict: Verdict | AddressError) -> str:
    if isinstance(verdict, AddressError):
        return "error"
    if not verdict.hosted:
        return "not-hosted"
    return "external" if verdict.listed else "internal"


def _as_text(address: str, verdict: Verdict | AddressError) -> str:
    if isinstance(verdict, AddressError):
        ends = str(verdict)
    else:
        ends = ",".join(final.address for final in verdict.finals)
    return f"{address.replace(chr(9), ' ')}\t{_word(verdict)}\t{ends}"


def _as_json(address: str, verdict: Verdict | AddressError) -> str:
    table: dict[str, Any] = {"address": address, "verdict": _word(verdict)}
    if isinstance(verdict, AddressError):
        table["error"] = str(verdict)
    else:
        table["reaches_external"] = verdict.reaches_external
        table["status"] = verdict.status
        table["finals"] = [{"kind": final.kind, "address": final.address} for final in verdict.finals]
    return json.dumps(table)
