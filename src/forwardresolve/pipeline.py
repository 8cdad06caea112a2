"""Run a whole configuration: read every source, resolve, judge, and make the artifacts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import rspamd
from forwardresolve.deploy.applying import Outcome, carry_out
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.plan import Plan, TargetPlan
from forwardresolve.errors import (
    BackendDataError,
    BackendError,
    BackendIncomplete,
    ConfigError,
    TargetError,
)
from forwardresolve.findings import Finding, findings
from forwardresolve.graph import ForwardingGraph
from forwardresolve.reachability import Resolution, resolve
from forwardresolve.records import Origin
from forwardresolve.rows import Rows
from forwardresolve.sdk import Diagnosable
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.config import Config
    from forwardresolve.records import Record
    from forwardresolve.rspamd import Artifact, RspamdSettings
    from forwardresolve.sdk import Backend, Observation

Progress = Callable[[str, int], None]
"""Is told the name of a source and how many of its records have come so far."""

_STRIDE: Final = 1000


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
        for record in _whole(name, backend, None):
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
        BackendError: A source cannot be read whole.
        BackendIncomplete: No source names a hosted domain: every address would be external.
        ConfigError: Two sources disagree where the configuration is silent.
    """
    graph = ForwardingGraph.from_sources(
        {name: _whole(name, backend, progress) for name, backend in config.sources.items()},
        **attrs.asdict(config.resolve, recurse=False),
    )
    if not graph.rows.domain_records:
        names = ", ".join(config.sources)
        msg = (
            f"no source ({names}) names a hosted domain, so every address would be external; "
            "name the table, query or search that holds the domains"
        )
        raise BackendIncomplete(msg)
    return graph


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
    with _naming(name):
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
            forwardings=sum(map(len, rows.tables.values())),
            addresses=len(resolved.addresses),
            catch_alls=len(resolved.catch_alls),
            findings=len(found),
        ),
    )


def plan(config: Config, progress: Progress | None = None) -> Plan:
    """Read every source, resolve, and compare with what every target holds; nothing is changed.

    Args:
        config: What to read, how to judge it, and where it goes.
        progress: As in `read`.

    Returns:
        The plan. A target that cannot be asked is in it with its error.

    Raises:
        ConfigError: There is no target.
        ForwardResolveError: As in `read`.
    """
    if not config.targets:
        msg = "target: there is none; name a front end in a table [[target]]"
        raise ConfigError(msg)
    resolved = resolve(read(config, progress))
    today = dt.datetime.now().astimezone().date()
    targets = []
    for each in config.targets:
        wanted = Generation.of(rspamd.artifacts(resolved, each.rspamd.on(today)))
        try:
            targets.append(TargetPlan(each, wanted, each.target.holding(wanted.digests)))
        except TargetError as error:
            targets.append(TargetPlan(each, wanted, None, str(error)))
    return Plan(targets=tuple(targets), guard=config.guard, deploy=config.deploy)


def apply(plan: Plan, *, reason: str = "", force: bool = False) -> tuple[Outcome, ...]:
    """Carry a plan out.

    Args:
        plan: The plan.
        reason: Why, for whoever reads the log later.
        force: Whether to carry it out though the guard refuses it; needs a reason.

    Returns:
        What became of each target.

    Raises:
        UnsafeChange: The guard refuses it; nothing was touched.
    """
    return carry_out(plan, release=reason if force else "")


def _emptiness(graph: ForwardingGraph) -> Iterator[Finding]:
    if not any(map(len, graph.rows.tables.values())):
        yield Finding(
            id="no-forwardings",
            severity="warning",
            text="no source has a forwarding, so the list is empty",
            advice="look at `forwardresolve records`: are the forwardings in another table?",
        )


def _whole(name: str, backend: Backend, progress: Progress | None) -> Iterator[Record]:
    """Yield the records of a source; its errors say which source it is."""
    with _naming(name):
        given = backend.records()
        if not isinstance(given, Iterable):
            msg = f"its records() gave {given!r:.200} and no records"
            raise BackendDataError(msg)
        if progress is None:
            yield from given
            return
        count = 0
        for count, record in enumerate(given, 1):
            if count % _STRIDE == 0:
                progress(name, count)
            yield record
        progress(name, count)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let the errors of a source say which one it is."""
    try:
        yield
    except BackendError as error:
        error.args = (f"source {name}: {error}",)
        raise
