"""The pipeline: whole sources or none, and everything that comes out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve import pipeline
from forwardresolve.config import Config, Resolve
from forwardresolve.errors import BackendIncomplete, BackendUnavailable
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.sdk import Domain, DomainAlias, Forward, Origin
from sample_backends import Broken, Dying, Homeless, Quiet, Small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.sdk import Backend, Record


@attrs.frozen
class Given:
    """A source that yields what it is given."""

    given: tuple[Record, ...]

    def records(self) -> Iterable[Record]:
        return self.given


def config(**sources: Backend) -> Config:
    return Config(sources=sources)


def test_several_sources_are_one_graph() -> None:
    made = pipeline.build(
        config(
            panel=Given((Domain("a.example"), Forward("info@a.example", "box@b.example"))),
            office=Given((Domain("b.example"), Forward("box@b.example", "out@elsewhere.example"))),
        )
    )

    assert made.resolution.addresses == ("box@b.example", "info@a.example")
    assert made.counts.sources == 2


def test_the_settings_of_the_configuration_hold() -> None:
    kept = (Domain("a.example"), Forward("ann@a.example", "ann@a.example, out@elsewhere.example"))

    resolution = pipeline.resolution(
        Config(sources={"panel": Given(kept)}, resolve=Resolve(kept_copy="ignore"))
    )

    assert resolution.addresses == ()
    assert resolution.verdict("ann@a.example").reaches_external


def test_the_artifacts_follow_the_configuration() -> None:
    made = pipeline.build(
        Config(sources={"panel": Small()}, rspamd=RspamdSettings(address_map="leaving.map"))
    )

    assert "local.d/maps.d/leaving.map" in [artifact.path for artifact in made.artifacts]


def test_everything_is_counted() -> None:
    records = (
        Domain("a.example"),
        DomainAlias("b.example", "a.example"),
        Forward("info@a.example", "out@elsewhere.example"),
    )

    made = pipeline.build(config(panel=Given(records)))

    assert attrs.asdict(made.counts) == {
        "sources": 1,
        "domains": 2,
        "mailboxes": 0,
        "forwardings": 1,
        "addresses": 2,
        "catch_alls": 0,
        "findings": len(made.findings),
    }


def test_a_source_that_dies_in_the_middle_is_named() -> None:
    with pytest.raises(BackendUnavailable, match=r"^source office: mail\.example:5432 closed the connection"):
        pipeline.read(config(panel=Small(), office=Dying()))


def test_an_error_of_no_family_comes_through_as_it_is() -> None:
    with pytest.raises(RuntimeError):
        pipeline.read(config(panel=Broken()))


def test_sources_without_a_hosted_domain_are_refused() -> None:
    with pytest.raises(BackendIncomplete, match=r"no source \(one, two\) names a hosted domain"):
        pipeline.read(config(one=Homeless(), two=Given((DomainAlias("a.example", "b.example"),))))


def test_one_hosted_domain_among_all_sources_is_enough() -> None:
    graph = pipeline.read(config(one=Homeless(), two=Quiet()))

    assert graph.hosts("a.example")


def test_no_forwarding_is_a_warning() -> None:
    made = pipeline.build(config(panel=Quiet()))

    assert [(each.id, each.severity) for each in made.findings] == [("no-forwardings", "warning")]


def test_records_carry_the_name_of_their_source() -> None:
    origin = Origin("alias", "7")
    given = (Domain("a.example"), Forward("info@a.example", "x@a.example", origin=origin))

    assert list(pipeline.records(config(panel=Given(given)))) == [
        Domain("a.example", origin=Origin(source="panel")),
        Forward("info@a.example", "x@a.example", origin=Origin("alias", "7", "panel")),
    ]


def test_who_waits_is_told_how_far_the_reading_is() -> None:
    told: list[tuple[str, int]] = []
    many = tuple(Forward(f"u{number}@a.example", "x@a.example") for number in range(2500))

    pipeline.read(
        config(panel=Given((Domain("a.example"), *many)), empty=Given(())), lambda *each: told.append(each)
    )

    assert told == [("panel", 1000), ("panel", 2000), ("panel", 2501), ("empty", 0)]
