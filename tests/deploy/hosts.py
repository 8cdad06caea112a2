"""Small mail hosts whose forwardings change, and the front ends that they are deployed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve import pipeline
from forwardresolve.config import Config
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.front_end import FrontEnd
from forwardresolve.deploy.guard import Guard
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.sdk import BackendUnavailable, Domain, Forward

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from forwardresolve.deploy.applying import Outcome
    from forwardresolve.deploy.plan import Plan
    from forwardresolve.sdk import Record

PLUGIN = RspamdSettings(profile="plugin")


@attrs.define
class Given:
    """A source that yields what it is given, until it is down."""

    given: tuple[Record, ...] = ()
    is_down: bool = False

    def records(self) -> Iterable[Record]:
        if self.is_down:
            msg = "nobody answers"
            raise BackendUnavailable(msg)
        return self.given

    def set(self, *records: Record) -> None:
        self.given = records


def forwards(count: int, domain: str = "a.example", to: str = "out@elsewhere.example") -> Iterator[Record]:
    """Yield a domain and so many forwardings in it."""
    yield Domain(domain)
    for number in range(count):
        yield Forward(f"u{number}@{domain}", to)


@attrs.frozen
class Site:
    """A source, two front ends of both profiles, and a state.

    Args:
        path: Where all of it lies.
        config: The configuration.
        panel: The source.
    """

    path: Path
    config: Config
    panel: Given

    def root(self, name: str) -> Path:
        return self.path / name

    def plan(self) -> Plan:
        return pipeline.plan(self.config)

    def apply(
        self, *, reason: str = "", force: bool = False, first: bool = False, resume: bool = False
    ) -> tuple[Outcome, ...]:
        return pipeline.apply(self.plan(), reason=reason, force=force, first=first, resume=resume)

    def held(self, name: str) -> str:
        """Return the digest that a target holds."""
        return next(each.held for each in pipeline.status(self.config).targets if each.name == name)

    def map(self, name: str = "mx1") -> str:
        """Return the map of addresses that a target holds."""
        return (self.root(name) / "local.d/maps.d/forwardings.inc.local").read_text()


def site(  # noqa: PLR0913 (each is a table of the configuration)
    path: Path,
    records: Iterable[Record] = (),
    *,
    guard: Guard | None = None,
    deploy: Deploy | None = None,
    fallbacks: dict[str, Fallback] | None = None,
    targets: tuple[tuple[str, RspamdSettings], ...] = (("mx1", RspamdSettings()), ("mx2", PLUGIN)),
) -> Site:
    """Make a site; nothing is deployed yet."""
    panel = Given(tuple(records))
    config = Config(
        sources={"panel": panel},
        fallbacks=fallbacks or {},
        guard=guard or Guard(),
        deploy=deploy or Deploy(),
        state_dir=path / "state",
        targets=tuple(
            FrontEnd(target=Directory(name=name, root=path / name), rspamd=settings)
            for name, settings in targets
        ),
    )
    return Site(path, config, panel)
