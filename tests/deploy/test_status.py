"""Whether a running Rspamd has read what its target holds is found out by what changed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from deploy.hosts import forwards, site
from forwardresolve import pipeline
from forwardresolve.deploy.loaded import loaded
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import RspamdSettings, artifacts
from forwardresolve.rspamd.probing import Door, Reply
from forwardresolve.sdk import Forward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from deploy.hosts import Site
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

SETTINGS = RspamdSettings()


@attrs.frozen
class Running:
    """Answers like a Rspamd that has read a list."""

    keys: frozenset[str]
    asked: list[str] = attrs.field(factory=list)

    def scan(self, recipients: Iterable[str], _symbols: Iterable[str]) -> Reply:
        (recipient,) = recipients
        self.asked.append(recipient)
        symbols = {SETTINGS.symbol} if recipient in self.keys else set()
        return Reply("add header", "", frozenset(symbols), ())


OLD = frozenset({"a@a.example", "b@a.example"})
NEW = frozenset(
    {"b@a.example", "c@a.example", "@b.example", "keep@b.example -", "x+tag@a.example", "ü@a.example"}
)


@pytest.mark.parametrize(
    ("keys", "told"), [(NEW, "current"), (OLD, "older"), (NEW | OLD, "partly"), (frozenset(), "partly")]
)
def test_what_came_and_what_went_is_asked_about(keys: frozenset[str], told: str) -> None:
    running = Running(keys)

    assert loaded(running, SETTINGS, NEW, OLD) == told  # type: ignore[arg-type] # as much of a Door as is needed
    assert running.asked == ["c@a.example", "a@a.example"]


def test_without_a_change_a_few_addresses_are_asked_about() -> None:
    assert loaded(Running(OLD), SETTINGS, OLD, frozenset()) == "current"  # type: ignore[arg-type] # as above
    assert loaded(Running(frozenset()), SETTINGS, OLD, OLD) == "older"  # type: ignore[arg-type] # as above


def test_an_address_that_a_catch_all_covers_on_the_other_side_tells_nothing() -> None:
    catch_all = frozenset({"@a.example"})

    assert loaded(Running(OLD), SETTINGS, OLD, catch_all) == "unknown"  # type: ignore[arg-type] # as above
    assert loaded(Running(OLD), SETTINGS, frozenset(), frozenset()) == "unknown"  # type: ignore[arg-type] # as above


def asking(made: Site, url: str) -> Site:
    targets = tuple(attrs.evolve(each, rspamd_url=url) for each in made.config.targets)
    return attrs.evolve(made, config=attrs.evolve(made.config, targets=targets))


def test_a_rspamd_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: object, *_: object, **__: object) -> Reply:
        msg = "cannot be asked"
        raise TargetError(msg)

    made = site(tmp_path, forwards(3))
    made.apply(first=True)
    monkeypatch.setattr(Door, "scan", refuse)

    told = pipeline.status(asking(made, "http://127.0.0.1:9").config).targets

    assert [each.rspamd for each in told] == ["cannot be asked"] * 2
    assert [each.is_current for each in told] == [True, True]


@pytest.mark.live
def test_a_running_rspamd_says_whether_it_has_read_the_list(
    tmp_path: Path,
    start_rspamd: Callable[..., Rspamd],
    make_root: Callable[[], Path],
    version: Version,
) -> None:
    made = site(tmp_path, forwards(3), targets=(("mx1", SETTINGS),))
    root = make_root()
    front_end = made.config.targets[0]
    target = attrs.evolve(front_end.target, root=root)  # type: ignore[misc] # a Directory
    made = attrs.evolve(
        made, config=attrs.evolve(made.config, targets=(attrs.evolve(front_end, target=target),))
    )
    made.apply(first=True)
    for each in artifacts(pipeline.resolution(made.config), SETTINGS):
        if each.kind == "configuration":
            (root / each.path).write_bytes(each.content)
    rspamd = start_rspamd(root, version)
    made = asking(made, f"http://127.0.0.1:{rspamd.port}")
    assert [each.rspamd for each in pipeline.status(made.config).targets] == ["current"]

    made.panel.set(*made.panel.given, Forward("new@a.example", "x@gmail.example"))
    made.apply()

    rspamd.wait_for(lambda: bool(rspamd.scan("new@a.example").matched()))
    assert [each.rspamd for each in pipeline.status(made.config).targets] == ["current"]
