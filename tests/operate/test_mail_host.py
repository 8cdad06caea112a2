"""An installed Postfix is held against the sources, hop by hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backends.postfix_configuration import write_main_cf
from backends.text_sources import write
from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Mailbox
from forwardresolve.errors import BackendMisconfigured, BackendUnavailable
from forwardresolve.operate.mail_host import NOBODY, Difference, MailHost, compare, sample

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.sdk import Record

pytestmark = pytest.mark.usefixtures("stand_ins")


def graph(*records: Record) -> ForwardingGraph:
    return ForwardingGraph.from_records(records, recipient_delimiter="+", myorigin="h.example")


def test_the_sample_is_the_same_each_time_and_has_names_that_nobody_has() -> None:
    rows = [Forward(f"u{n}@a.example", "x@ext.example") for n in range(50)]
    here = graph(
        Domain("a.example"), DomainAlias("b.example", "a.example"), Mailbox("box+e@a.example"), *rows
    )
    chosen = sample(here, 20)
    assert chosen == sample(here, 20)
    assert len(chosen) == 20
    assert {f"{NOBODY}@a.example", f"{NOBODY}@b.example"} <= set(chosen)
    assert sum("+" in each for each in chosen) >= 4
    assert len(sample(here, 1000)) == 53


def test_without_a_delimiter_nothing_gets_an_extension() -> None:
    here = ForwardingGraph.from_records([Domain("a.example"), Mailbox("u@a.example")], recipient_delimiter="")
    assert sample(here, 10) == [f"{NOBODY}@a.example", "u@a.example"]


def test_what_postfix_answers_otherwise_is_a_difference(tmp_path: Path) -> None:
    etc = write_main_cf(
        tmp_path / "etc", virtual_alias_maps="proxy:hash:{here}/v, pcre:{here}/p, unionmap:{a:b}"
    )
    listed = [
        "same@a.example\tx@ext.example, y@ext.example",
        "other@a.example\tbox@a.example",
        "@b.example\t@a.example",
    ]
    write(etc / "v.listed", [*listed, "root\tann@a.example", "stray@elsewhere.example\tann@a.example"])
    write(etc / "p.listed", ["pat@a.example\tp@ext.example"])
    write(etc / "b}.listed", [])
    here = graph(
        Domain("a.example"),
        Domain("b.example", "alias"),
        Domain("h.example", "local"),
        Forward("same@a.example", "y@ext.example,x@ext.example"),
        Forward("other@a.example", "z@ext.example"),
        Forward("pat@a.example", "p@ext.example"),
        Forward("mine@a.example", "z@ext.example"),
        Forward("@b.example", "@a.example"),
        Forward("root@h.example", "ann@a.example"),
        Forward("stray@elsewhere.example", "ann@a.example"),
        Mailbox("ben+e@h.example"),
    )
    compared = compare(here, MailHost(etc), 1000)
    assert compared.tables == (f"hash:{etc}/v", f"pcre:{etc}/p", "unionmap:{a:b}")
    assert compared.asked == 10
    assert {
        each.address.replace("+x7d1f", ""): (each.ours, each.postfix) for each in compared.differences
    } == {
        "mine@a.example": (compared.differences[0].ours, ()),
        "other@a.example": (("z@ext.example",), ("box@a.example",)),
    }
    assert Difference("other@a.example", ("z@ext.example",), ("box@a.example",)) in compared.differences


def test_a_table_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    etc = write_main_cf(tmp_path / "etc", virtual_alias_maps="mysql:{here}/v")
    write(etc / "v.said", ["postmap: fatal: unsupported dictionary type: mysql"])
    with pytest.raises(BackendMisconfigured, match="unsupported dictionary type"):
        compare(graph(), MailHost(etc), 10)


def test_a_program_that_hangs_is_unavailable(tmp_path: Path, stand_ins: Path) -> None:
    (stand_ins / "postconf").write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(BackendUnavailable, match=r"within 0\.2 seconds"):
        compare(graph(), MailHost(tmp_path, timeout=0.2), 10)


def test_without_postfix_the_message_says_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forwardresolve.operate.mail_host._PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackendMisconfigured, match="run this where Postfix is installed"):
        compare(graph(), MailHost(tmp_path), 10)
