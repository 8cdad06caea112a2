"""Whether a Rspamd protects a list, and what is said when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, DomainAlias, Forward, Mailbox
from forwardresolve.rspamd import Exemption, RspamdSettings
from forwardresolve.rspamd.cases import Case, cases
from forwardresolve.rspamd.inspecting import UNSEEN
from forwardresolve.rspamd.verifying import verify
from rspamd.doors import FakeDoor

if TYPE_CHECKING:
    from forwardresolve import Resolution
    from forwardresolve.records import Record
    from forwardresolve.rspamd.verifying import Protection

_RECORDS: tuple[Record, ...] = (
    Domain("a.example"),
    Domain("all.example"),
    Domain("most.example"),
    Domain("münchen.example"),
    DomainAlias("alias.example", "a.example"),
    Mailbox("box@a.example"),
    Forward("a..b@a.example", "joe@gmail.example"),
    Forward("first@a.example", "joe@gmail.example"),
    Forward("info@a.example", "joe@gmail.example"),
    Forward("lit+plus@a.example", "joe@gmail.example"),
    Forward('"a b"@a.example', "joe@gmail.example"),
    Forward("info@münchen.example", "joe@gmail.example"),
    Forward("@all.example", "joe@gmail.example"),
    Forward("@most.example", "joe@gmail.example"),
    Mailbox("keep@most.example"),
    Forward("keep@most.example", "keep@most.example"),
)
_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))


def _by_kind(resolution: Resolution, settings: RspamdSettings | None = None) -> dict[str, Case]:
    return {case.kind: case for case in cases(resolution, settings or RspamdSettings())}


def test_every_kind_of_recipient_is_asked_about() -> None:
    found = _by_kind(_RESOLUTION)
    assert {kind: case.recipients[0] for kind, case in found.items()} == {
        "address": "first@a.example",
        "last address": "info@xn--mnchen-3ya.example",
        "with an extension": "first+forwardresolve-verify@a.example",
        "address that holds a delimiter": "lit+plus@a.example",
        "quoted address": '"a b"@a.example',
        "address in an alias domain": '"a b"@alias.example',
        "address in another script": "info@xn--mnchen-3ya.example",
        "catch-all": "forwardresolve-verify@all.example",
        "exception from a catch-all": "keep@most.example",
        "mailbox": "box@a.example",
        "several recipients": "first@a.example",
    }
    assert not found["mailbox"].listed
    assert not found["exception from a catch-all"].listed
    assert found["several recipients"].listed == ("first@a.example",)
    assert len(found["several recipients"].recipients) == 2


def test_what_the_admin_decides_is_asked_about_and_used_for_nothing_else() -> None:
    exempt = (Exemption("first@a.example", "a test"), Exemption("@all.example", "a test"))
    found = _by_kind(_RESOLUTION, RspamdSettings(exempt=exempt, protect=("box@a.example",)))
    assert found["exempt"] == Case("exempt", ("first@a.example",), ())
    assert found["protected"] == Case("protected", ("box@a.example",), ("box@a.example",))
    assert found["address"].recipients == ("first@alias.example",)
    assert found["catch-all"].recipients == ("forwardresolve-verify@most.example",)
    assert found["mailbox"].recipients == ("keep@most.example",)


def test_a_site_without_delimiter_or_list_has_few_kinds() -> None:
    graph = ForwardingGraph.from_records([Domain("a.example")], recipient_delimiter="")
    assert cases(resolve(graph), RspamdSettings()) == ()


def _verify(chosen: RspamdSettings, **changes: Any) -> Protection:  # noqa: ANN401 (any field of a door)
    fields: dict[str, Any] = {"lists": _RESOLUTION.__contains__, "settings": chosen}
    return verify(FakeDoor(**{**fields, **changes}), _RESOLUTION, chosen)


@pytest.mark.parametrize(
    "settings",
    [
        RspamdSettings(message="Refused, {queue_id}"),
        RspamdSettings(profile="plugin"),
        RspamdSettings(profile="plugin", recipients="all", action="quarantine"),
        RspamdSettings(profile="plugin", recipients="drop", accept_silent_loss=True),
    ],
)
def test_a_rspamd_that_does_as_the_settings_say_protects(settings: RspamdSettings) -> None:
    found = _verify(settings)
    assert found.protects
    assert (found.version, found.findings) == ("4.1.5", (UNSEEN,))
    assert {each.problem for each in found.tried} == {""}


def _ids(found: Protection) -> list[str]:
    return [each.id for each in found.findings if each != UNSEEN]


def test_an_empty_map_is_one_finding() -> None:
    found = _verify(RspamdSettings(), lists=lambda _: False)
    assert _ids(found) == ["rspamd-map-empty"]
    assert not found.protects


def test_an_address_that_is_missed_and_one_that_is_too_many_are_named() -> None:
    found = _verify(RspamdSettings(), lists=lambda address: "+" not in address)
    assert {(each.id, each.address) for each in found.findings} >= {
        ("rspamd-unprotected", "lit+plus@a.example"),
        ("rspamd-unprotected", "box@a.example"),
    }
    assert not found.protects
    missed = next(each for each in found.findings if each.address.startswith("first+"))
    assert "aliases.virtual_aliases" in missed.advice
    plugin = _verify(RspamdSettings(profile="plugin"), lists=lambda address: "+" not in address)
    assert all("virtual_aliases" not in each.advice for each in plugin.findings)


def test_a_rule_that_does_not_act_is_told() -> None:
    found = _verify(RspamdSettings(), refuses=())
    assert _ids(found) == ["rspamd-not-refused"]
    assert "configdump force_actions" in found.findings[0].advice
    assert found.tried[0].problem == "the action is add header, not reject"


def test_a_symbol_of_the_map_in_place_of_ours_is_told() -> None:
    found = _verify(RspamdSettings(), instead="Kunde", refuses=())
    assert _ids(found) == ["rspamd-map-values"]
    assert "set Kunde instead of IS_FORWARDING" in found.findings[0].text
    assert not found.protects


def test_recipients_that_rspamd_replaces_are_told_where_that_counts() -> None:
    assert _ids(_verify(RspamdSettings(), also=("ALIAS_RESOLVED",))) == ["rspamd-virtual-aliases"]
    assert _ids(_verify(RspamdSettings(profile="plugin"), also=("ALIAS_RESOLVED",))) == []
    empty = _verify(RspamdSettings(), instead="ALIAS_RESOLVED", refuses=())
    assert _ids(empty) == ["rspamd-map-empty", "rspamd-virtual-aliases"]


def test_another_message_is_told() -> None:
    found = _verify(RspamdSettings(message="ours"), settings=RspamdSettings(message="theirs"))
    assert "the message is 'theirs'" in found.findings[0].text


def test_a_recipient_that_is_not_dropped_is_told() -> None:
    settings = RspamdSettings(profile="plugin", recipients="drop", accept_silent_loss=True)
    found = _verify(settings, settings=RspamdSettings(profile="plugin", recipients="all"))
    assert _ids(found) == ["rspamd-unprotected"]
    assert found.findings[0].text == (
        "several recipients (first@a.example, keep@most.example): the listed recipient is not dropped"
    )


def test_an_action_that_is_left_out_is_a_warning() -> None:
    found = _verify(RspamdSettings(), refuses=("add header",))
    assert _ids(found) == ["rspamd-rewrite-subject"]
    assert found.protects


def test_where_requests_bring_no_settings_the_symbols_decide() -> None:
    found = _verify(RspamdSettings(), heeds=False)
    assert _ids(found) == ["rspamd-settings-closed"]
    assert found.protects
    missed = _verify(RspamdSettings(), heeds=False, lists=lambda address: address == "first@a.example")
    assert not missed.protects


def test_observing_protects_nothing() -> None:
    found = _verify(RspamdSettings(mode="observe"))
    assert _ids(found) == ["rspamd-observing"]
    assert {each.problem for each in found.tried} == {""}
    assert not found.protects


def test_an_empty_list_is_said_to_be_empty() -> None:
    settings = RspamdSettings()
    empty = resolve(ForwardingGraph.from_records([Domain("a.example"), Mailbox("box@a.example")]))
    found = verify(FakeDoor(lists=lambda _: False, settings=settings), empty, settings)
    assert _ids(found) == ["rspamd-nothing-listed"]
    assert found.protects
