"""The tables of the configuration that say where the maps go, and what is let through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forwardresolve.config import Config, from_table
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.guard import Guard, Limits, Losses
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.errors import ConfigError
from forwardresolve.secret import Secret

SOURCE = {"backend": "sample_backends:Small"}
MX1 = {"name": "mx1", "kind": "directory", "root": "/etc/rspamd"}


def made(**tables: Any) -> Config:  # noqa: ANN401 (what TOML gives)
    return from_table({"source": {"panel": SOURCE}, **tables})


def problems(**tables: Any) -> set[str]:  # noqa: ANN401 (what TOML gives)
    with pytest.raises(ConfigError) as caught:
        made(**tables)
    return set(caught.value.problems)


def test_without_tables_there_are_no_targets_and_the_limits_are_the_usual_ones() -> None:
    assert (made().targets, made().guard, made().deploy, made().fallbacks) == ((), Guard(), Deploy(), {})


def test_a_target_has_a_kind_and_what_the_kind_needs() -> None:
    (target,) = made(target=[{**MX1, "mode": "0644", "owner": "root", "group": 11333}]).targets

    assert target.target == Directory(
        name="mx1", root=Path("/etc/rspamd"), mode="0644", owner="root", group=11333
    )
    assert target.name == "mx1"


def test_a_target_may_have_another_rspamd() -> None:
    common = {"symbol": "FORWARDS", "profile": "plugin"}
    own = {"recipients": "all", "symbol": "OTHER"}
    around = {"rspamd_url": "http://mx1:11334", "rspamd_password": "x"}

    one, two = made(rspamd=common, target=[{**MX1, "rspamd": own, **around}, {**MX1, "name": "mx2"}]).targets

    assert (one.rspamd.symbol, one.rspamd.profile, one.rspamd.recipients) == ("OTHER", "plugin", "all")
    assert (two.rspamd.symbol, two.rspamd.recipients) == ("FORWARDS", "any")
    assert (one.rspamd_url, one.rspamd_password, two.rspamd_url) == ("http://mx1:11334", Secret("x"), "")


def test_all_that_is_wrong_with_targets_is_told_at_once() -> None:
    wrong = [
        {**MX1, "mod": "0640", "rspamd": {"symbl": "x"}, "rspamd_url": 3},
        {**MX1, "kind": "directry"},
        {"name": "mx3"},
        {**MX1, "kind": 3},
        {**MX1, "name": "a b"},
        {**MX1, "name": "mx6", "rspamd": 3},
        {"kind": "directory"},
    ]

    assert problems(target=wrong) == {
        "target[0].mod: is not known; did you mean mode?",
        "target[0].rspamd.symbl: is not known; did you mean symbol?",
        "target[0].rspamd_url: must be a text, not an integer",
        "target[1].kind: kind must be one of directory, ssh; did you mean directory?",
        "target[2].kind: is missing; kind must be one of directory, ssh",
        "target[3].kind: kind must be one of directory, ssh",
        "target[4].name: must be letters, digits and . _ - such as mx1.example.net, not 'a b'",
        "target[5].rspamd: must be a table",
        "target[6].name: is missing",
        "target[6].root: is missing",
        "target: two are named mx1; each needs a name of its own",
    }


def test_targets_are_a_list_of_tables() -> None:
    assert problems(target={"mx1": MX1}) == {"target: must be a list, not a table"}
    assert problems(target="mx1") == {"target: must be a list, not a text"}
    assert "target[0]: must be a table under [[target]]" in problems(target=["mx1"])


def test_what_is_wrong_with_the_common_rspamd_is_told_once() -> None:
    (told,) = problems(rspamd={"symbol": "no symbol"}, target=[MX1])
    assert told.startswith("rspamd: symbol must be")


def test_single_sources_and_targets_inherit_the_common_limits() -> None:
    guard = made(
        target=[MX1],
        guard={
            "removed": 5,
            "lost": 1,
            "allow_empty": True,
            "source": {"panel": {"lost_percent": 50.0}},
            "target": {"mx1": {"added": 500}},
        },
    ).guard

    assert guard.losses("panel") == Losses(lost=1, lost_percent=50)
    assert guard.limits("mx1") == Limits(removed=5, added=500, allow_empty=True)


def test_limits_for_nobody_are_errors() -> None:
    limits = {"source": {"panl": {}}, "target": {"mx2": {}, "mx1": {"lost": 1}}}

    assert problems(target=[MX1], guard=limits) == {
        "guard.source.panl: there is no source of that name; did you mean panel?",
        "guard.target.mx2: there is no target of that name; did you mean mx1?",
        "guard.target.mx1.lost: is not known",
    }
    assert problems(guard=3) == {"guard: must be a table, not an integer"}
    assert problems(guard={"source": 3}) == {"guard.source: must be a table, not an integer"}


def test_a_source_may_have_a_stand_in() -> None:
    source = {**SOURCE, "on_unavailable": "last-good", "max_age": "90m"}

    config = from_table({"source": {"panel": source}})

    assert config.fallbacks == {"panel": Fallback(on_unavailable="last-good", max_age="90m")}
    assert config.fallbacks["panel"].age.total_seconds() == 5400


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "on_unavailable",
            "last_good",
            "source.panel.on_unavailable: must be one of stop, last-good",
        ),
        ("max_age", "1 day", 'source.panel: max_age must be a time such as "90m", "24h" or "7d", not'),
    ],
)
def test_a_stand_in_that_is_wrong_is_told(key: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_table({"source": {"panel": {**SOURCE, key: value}}})
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(("key", "value"), [("generations", 1), ("days", 0), ("on_failure", "wait")])
def test_a_policy_that_cannot_be_is_refused(key: str, value: object) -> None:
    assert problems(deploy={key: value})
