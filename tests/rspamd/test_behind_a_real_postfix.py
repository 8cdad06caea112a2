"""What a client is told at the end of its data, and who gets the mail."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, Forward, Mailbox
from forwardresolve.rspamd import RspamdSettings, artifacts, write
from servers.front_end import front_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forwardresolve.records import Record
    from forwardresolve.rspamd.settings import Profile
    from scenarios import Scenario
    from servers.front_end import FrontEnd
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

    Enter = Callable[[RspamdSettings], contextlib.AbstractContextManager[tuple[FrontEnd, Rspamd]]]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("private_postfix")]

_SCENARIO: Final[Scenario] = {
    "local_domains": {"virtual_mailbox": ["a.example"]},
    "recipient_delimiter": "+",
    "mailboxes": ["box@a.example", "new@a.example"],
    "virtual_aliases": [["info@a.example", "joe@gmail.example"], ["team@a.example", "info@a.example"]],
}
_RECORDS: Final[tuple[Record, ...]] = (
    Domain("a.example"),
    Mailbox("box@a.example"),
    Forward("info@a.example", "joe@gmail.example"),
    Forward("team@a.example", "info@a.example"),
)
_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))
_SECOND: Final = 10.0
"""What has to happen within a second may take so long on a machine that does ten other things."""

_MESSAGE: Final = "Refused as spam; say {queue_id} at https://a.example/"


@pytest.fixture
def enter(start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version) -> Enter:
    """Start a Rspamd with settings, and a Postfix before it."""

    @contextlib.contextmanager
    def made(settings: RspamdSettings) -> Iterator[tuple[FrontEnd, Rspamd]]:
        root = make_root()
        write(artifacts(_RESOLUTION, settings), root)
        rspamd = start_rspamd(root, version)
        with front_end(_SCENARIO, rspamd.milter_port) as front:
            yield front, rspamd

    return made


@pytest.mark.parametrize(
    "settings", [RspamdSettings(message=_MESSAGE), RspamdSettings(profile="plugin", message=_MESSAGE)]
)
def test_spam_that_would_leave_is_refused_in_the_dialogue(
    enter: Enter,
    settings: RspamdSettings,
) -> None:
    with enter(settings) as (front, rspamd):
        for recipient in ("info@a.example", "Team+tag@a.example"):
            code, text = front.send(recipient)
            assert code == 554
            before, _, after = text.partition("; say ")
            assert before == "5.7.1 Refused as spam"
            assert after.partition(" ")[0].isalnum()
            assert after.endswith(" at https://a.example/")
            assert front.is_lost()
        assert front.send("box@a.example")[0] == 250
        assert front.outcome(1) == {"box@a.example": True}
        assert front.send("info@a.example", spam=False)[0] == 250
        assert front.outcome(1) == {"joe@gmail.example": False}
        assert front.send("box@a.example", "info@a.example")[0] == 554
        assert front.is_lost()

        more = [*_RECORDS, Forward("new@a.example", "joe@gmail.example")]
        assert front.send("new@a.example")[0] == 250
        write(artifacts(resolve(ForwardingGraph.from_records(more)), settings), rspamd.root)
        renamed = time.monotonic()
        while front.send("new@a.example")[0] != 554:
            assert time.monotonic() - renamed < _SECOND, "the new list is not obeyed"


def test_all_lets_mixed_spam_pass_with_its_mark(
    enter: Enter,
) -> None:
    with enter(RspamdSettings(profile="plugin", recipients="all")) as (front, _):
        assert front.send("info@a.example", "team@a.example")[0] == 554
        assert front.send("box@a.example", "info@a.example")[0] == 250
        assert front.outcome(2) == {"box@a.example": True, "joe@gmail.example": True}


def test_drop_delivers_mixed_spam_to_the_mailbox_alone(
    enter: Enter,
) -> None:
    settings = RspamdSettings(profile="plugin", recipients="drop", accept_silent_loss=True)
    with enter(settings) as (front, rspamd):
        assert front.send("Info+tag@a.example", "box@a.example")[0] == 250
        assert front.outcome(1) == {"box@a.example": True}
        assert "spam is dropped for <Info+tag@a.example>" in rspamd.log.read_text()
        assert front.send("box@a.example", "info@a.example", spam=False)[0] == 250
        assert front.outcome(2) == {"box@a.example": False, "joe@gmail.example": False}
        assert front.send("info@a.example")[0] == 554


@pytest.mark.parametrize("profile", ["multimap", "plugin"])
def test_quarantine_keeps_spam_for_the_admin(enter: Enter, profile: Profile) -> None:
    with enter(RspamdSettings(profile=profile, action="quarantine")) as (front, _):
        assert front.send("info@a.example")[0] == 250
        assert front.is_lost()
        assert front.held() == 1
        assert front.send("box@a.example")[0] == 250
        assert front.outcome(1) == {"box@a.example": True}
        assert front.held() == 1
