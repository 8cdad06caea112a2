"""Read every source, resolve, judge, and make the artifacts; nothing is written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from forwardresolve import rspamd
from forwardresolve.errors import ConfigError
from forwardresolve.findings import Finding, findings
from forwardresolve.reachability import Resolution, resolve
from forwardresolve.records import Origin
from forwardresolve.rows import Rows
from forwardresolve.sdk import Diagnosable
from forwardresolve.shapes import nearest
from forwardresolve.sources import Progress, naming, read_all, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.config import Config
    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.records import Record
    from forwardresolve.rspamd import Artifact, RspamdSettings
    from forwardresolve.sdk import Observation


@attrs.frozen
class Counts:
    """How much there was.

    Args:
        sources: Sources that were read.
        domains: Hosted domains, domain aliases included.
        mailboxes: Addresses with a mailbox.
        forwardings: Addresses and catch-alls that forward.
        addresses: Exact addresses that are listed.
        catch_alls: Domains whose unknown addresses are listed.
        findings: Findings of any severity.
    """

    sources: int
    domains: int
    mailboxes: int
    forwardings: int
    addresses: int
    catch_alls: int
    findings: int


@attrs.frozen
class Build:
    """All that comes out of a run.

    Args:
        resolution: The verdict of every address.
        findings: What an operator should know, the most severe first.
        artifacts: The files for Rspamd.
        counts: How much there was.
    """

    resolution: Resolution
    findings: tuple[Finding, ...]
    artifacts: tuple[Artifact, ...]
    counts: Counts


def records(config: Config) -> Iterator[Record]:
    """Yield what the sources say, one source after the other, with their names in the origins.

    Raises:
        BackendError: A source cannot be read whole.
    """
    for name, backend in config.sources.items():
        for record in whole(name, backend, None):
            Rows().read(name, (record,))  # the same refusal of what is no record as in a graph
            origin = record.origin or Origin()
            yield attrs.evolve(record, origin=attrs.evolve(origin, source=name))


def read(config: Config, progress: Progress | None = None) -> ForwardingGraph:
    """Read every source and merge them.

    Args:
        config: What to read, and how.
        progress: Is told now and then how far the reading is.

    Returns:
        The graph.

    Raises:
        BackendError: A source cannot be read whole, and nothing may stand in for it.
        BackendIncomplete: No source names a hosted domain: every address would be external.
        ConfigError: Two sources disagree where the configuration is silent.
    """
    return read_all(config, progress).graph


def diagnose(config: Config, name: str) -> Iterator[Observation]:
    """Look at a source: which one it is, as whom it is read, what it holds.

    Args:
        config: What to read.
        name: The source.

    Raises:
        ConfigError: There is no such source, or its backend cannot look.
        BackendError: It cannot be looked at at all.
    """
    if name not in config.sources:
        msg = f"source.{name}: is not there{nearest(name, list(config.sources))}"
        raise ConfigError(msg)
    backend = config.sources[name]
    if not isinstance(backend, Diagnosable):
        msg = f"source.{name}: its backend cannot look at it; forwardresolve records shows what it reads"
        raise ConfigError(msg)
    with naming(name):
        yield from backend.diagnose()


def resolution(config: Config) -> Resolution:
    """Read every source and resolve.

    Args:
        config: What to read, and how to judge it.

    Raises:
        ForwardResolveError: As in `read`.
    """
    return resolve(read(config))


def rspamd_settings(config: Config) -> RspamdSettings:
    """Return the settings of the Rspamd output as they hold today: without exemptions that are over."""
    return config.rspamd.on(dt.datetime.now().astimezone().date())


def build(config: Config, progress: Progress | None = None) -> Build:
    """Read every source, resolve, and make the artifacts; nothing is written.

    Args:
        config: What to read, how to judge it, what to make of it.
        progress: As in `read`.

    Raises:
        ForwardResolveError: As in `read`.
    """
    graph = read(config, progress)
    resolved = resolve(graph)
    settings = rspamd_settings(config)
    found = (
        *_emptiness(graph),
        *findings(graph, resolved),
        *rspamd.findings(resolved, settings),
    )
    rows = graph.rows
    return Build(
        resolution=resolved,
        findings=found,
        artifacts=rspamd.artifacts(resolved, settings),
        counts=Counts(
            sources=len(config.sources),
            domains=len(rows.domains.keys() | rows.domain_aliases.keys()),
            mailboxes=len(rows.mailboxes),
            forwardings=sum(len(table) for name, table in rows.tables.items() if name != "sieve"),
            addresses=len(resolved.addresses),
            catch_alls=len(resolved.catch_alls),
            findings=len(found),
        ),
    )


def _emptiness(graph: ForwardingGraph) -> Iterator[Finding]:
    if not any(map(len, graph.rows.tables.values())):
        yield Finding(
            id="no-forwardings",
            severity="warning",
            text="no source has a forwarding, so the list is empty",
            advice="look at `forwardresolve records`: are the forwardings in another table?",
        )
