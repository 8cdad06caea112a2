"""What a real Rspamd does with the plugin, on every version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, Forward, Mailbox
from forwardresolve.rspamd import RspamdSettings, artifacts, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_RESOLUTION = resolve(
    ForwardingGraph.from_records(
        [
            Domain("a.example"),
            Domain("all.example"),
            Domain("most.example"),
            Domain("münchen.example"),
            Mailbox("box@a.example"),
            Forward("info@a.example", "joe@gmail.example"),
            Forward("lit+plus@a.example", "joe@gmail.example"),
            Forward('"odd \\"#1/\\\\ name"@a.example', "joe@gmail.example"),
            Forward('"odd@info"@a.example', "joe@gmail.example"),
            Forward("info@münchen.example", "joe@gmail.example"),
            Forward("@all.example", "joe@gmail.example"),
            Forward("@most.example", "joe@gmail.example"),
            Mailbox("keep@most.example"),
            Forward("keep@most.example", "keep@most.example"),
        ]
    )
)
_PLUGIN = RspamdSettings(profile="plugin", message="Refused as spam")


@pytest.fixture(scope="module")
def start(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> Callable[..., Rspamd]:
    """Start a Rspamd with the plugin and further settings."""

    def made(further: str = "", **changes: Any) -> Rspamd:  # noqa: ANN401 (any option)
        root = make_root()
        write(artifacts(_RESOLUTION, attrs.evolve(_PLUGIN, **changes)), root)
        return start_rspamd(root, version, further)

    return made


@pytest.fixture(scope="module")
def rspamd(start: Callable[..., Rspamd]) -> Rspamd:
    """Start a Rspamd with the plugin."""
    return start()


def test_spam_to_a_forwarding_address_is_refused_with_the_message(rspamd: Rspamd) -> None:
    scan = rspamd.scan("info@a.example")
    assert (scan.action, scan.message) == ("reject", "Refused as spam")
    assert scan.symbols["IS_FORWARDING"] == (0, ("info@a.example",))
    assert "IS_FORWARDING_ALL" in scan.symbols
    assert "IS_FORWARDING_MIXED" not in scan.symbols


def test_ham_to_a_forwarding_address_passes(rspamd: Rspamd) -> None:
    scan = rspamd.scan("info@a.example", spam=False)
    assert scan.action == "no action"
    assert scan.symbols["IS_FORWARDING"][0] == 0


@pytest.mark.parametrize(
    "recipient",
    [
        "INFO@A.Example",
        "<info@a.example>",
        "<@relay.example:info@a.example>",
        "info@a.example.",
        '"info"@a.example',
        "info+tag@a.example",
        "lit+plus@a.example",
        '"odd \\"#1/\\\\ name"@a.example',
        '"odd@info"@a.example',
        "any@all.example",
        "any+tag@ALL.example",
        "other@most.example",
        "info@xn--mnchen-3ya.example",
    ],
)
def test_a_recipient_that_reaches_outside_is_protected(rspamd: Rspamd, recipient: str) -> None:
    assert rspamd.scan(recipient).action == "reject"


@pytest.mark.parametrize(
    "recipient",
    [
        "box@a.example",
        "lit@a.example",
        "lit+other@a.example",
        "info@sub.a.example",
        "any@sub.all.example",
        "keep@most.example",
        "KEEP+tag@most.example",
        "delimiter@a.example",
        '"info@a.example "@b.example',
    ],
)
def test_a_recipient_that_stays_is_not_touched(rspamd: Rspamd, recipient: str) -> None:
    assert rspamd.scan(recipient).action == "add header"


def test_a_recipient_in_its_own_script_is_protected_where_rspamd_reads_it(
    rspamd: Rspamd, version: Version
) -> None:
    scan = rspamd.scan("INFO@münchen.example", spam=False)
    assert ("IS_FORWARDING" in scan.symbols) is (version == "newest")


def test_each_recipient_is_looked_up_by_itself(rspamd: Rspamd) -> None:
    scan = rspamd.scan("keep@most.example", "box@a.example", "other@most.example")
    assert scan.action == "reject"
    assert scan.matched() == ("other@most.example",)
    assert "IS_FORWARDING_MIXED" in scan.symbols
    assert "IS_FORWARDING_ALL" not in scan.symbols


def test_all_refuses_only_where_every_recipient_is_listed(start: Callable[..., Rspamd]) -> None:
    rspamd = start(recipients="all")
    assert rspamd.scan("info@a.example", "any@all.example").action == "reject"
    mixed = rspamd.scan("info@a.example", "box@a.example")
    assert (mixed.action, mixed.dropped) == ("add header", ())


def test_drop_takes_the_listed_recipients_off_mixed_spam_and_logs_them(start: Callable[..., Rspamd]) -> None:
    rspamd = start(recipients="drop", accept_silent_loss=True)
    assert rspamd.scan("info@a.example", "any@all.example").action == "reject"
    mixed = rspamd.scan("Info+tag@a.example", "box@a.example", '"odd@info"@a.example')
    assert mixed.action == "add header"
    assert mixed.dropped == ("<Info+tag@a.example>", '<"odd@info"@a.example>')
    assert 'spam is dropped for <Info+tag@a.example>, <"odd@info"@a.example>' in rspamd.log.read_text()
    ham = rspamd.scan("info@a.example", "box@a.example", spam=False)
    assert (ham.action, ham.dropped) == ("no action", ())
    harder = rspamd.scan("info@a.example", "box@a.example", spam="final")
    assert (harder.action, harder.dropped) == ("add header", ())


def test_observing_sets_the_symbols_and_refuses_nothing(start: Callable[..., Rspamd]) -> None:
    scan = start(mode="observe", symbol="GOES_OUT").scan("info@a.example")
    assert scan.action == "add header"
    assert {"GOES_OUT", "GOES_OUT_ALL"} <= scan.symbols.keys()


def test_relays_symbols_and_addresses_of_the_admins_choice_are_exempt(start: Callable[..., Rspamd]) -> None:
    rspamd = start(
        trusted_relays=("192.0.2.9", "2001:db8::/32"),
        exempt_symbols=("TEST_WELCOME",),
        message="Say {queue_id} at https://a.example/",
    )
    assert rspamd.scan("info@a.example", queue_id="4XYZ").message == "Say 4XYZ at https://a.example/"
    for client in ("192.0.2.9", "2001:db8::1"):
        assert rspamd.scan("info@a.example", client=client).action == "add header"
    assert rspamd.scan("info@a.example", spam="welcome").action == "add header"


def test_a_final_result_of_another_rule_stands_unless_the_admin_says_so(start: Callable[..., Rspamd]) -> None:
    assert start().scan("info@a.example", spam="final").action == "add header"
    assert start(over_passthrough=True).scan("info@a.example", spam="final").action == "reject"


def test_settings_in_local_d_beat_ours(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    write(artifacts(_RESOLUTION, _PLUGIN), root)
    (root / "local.d/forwardresolve.conf").write_text('mode = "observe";\n')
    assert start_rspamd(root, version).scan("info@a.example").action == "add header"


def test_a_changed_list_is_obeyed_without_a_reload(start: Callable[..., Rspamd]) -> None:
    rspamd = start()
    assert rspamd.scan("new@a.example").action == "add header"
    graph = ForwardingGraph.from_records([Domain("a.example"), Forward("new@a.example", "joe@gmail.example")])
    written = write(artifacts(resolve(graph), _PLUGIN), rspamd.root)
    assert [path.parent.name for path in written.changed] == ["maps.d"]
    rspamd.wait_for(lambda: rspamd.scan("new@a.example").action == "reject")
    assert rspamd.scan("info@a.example").action == "add header"


@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_aliases_of_rspamd_itself_do_not_disarm_it(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    write(artifacts(_RESOLUTION, _PLUGIN), root)
    aliases = root / "virtual"
    aliases.write_text("info@a.example someone@gmail.example\n")
    further = f'aliases {{ local_domains = ["a.example"]; virtual_aliases = "{aliases}"; }}\n'
    assert start_rspamd(root, version, further).scan("info+tag@a.example").action == "reject"
