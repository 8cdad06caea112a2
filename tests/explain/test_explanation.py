"""The values behind an explanation, and laws that hold for any host."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from explain.hosts_explained import answer, six_hops
from findings.test_stuck import hosts
from forwardresolve import AddressError, Forward, ForwardingGraph, resolve
from forwardresolve.explain import explain, explanation, ways

if TYPE_CHECKING:
    from forwardresolve.records import Record

OUT = "joe@gmail.example"


def test_every_hop_is_a_step_with_the_row_behind_each_arrow() -> None:
    found = explain(six_hops(), "anna@firma.example")

    (step,) = [step for step in found.steps if step.address == "anna@firma.example"]
    assert step.end is not None
    assert (step.end.kind, step.end.kept, step.end.outside) == ("mailbox", True, False)
    assert [str(arrow.origin) for arrow in step.arrows] == [
        "office: ou=people,dc=firma,dc=example (uid=anna,ou=people,dc=firma,dc=example)"
    ]
    assert step.distance == 3
    assert found.entered[0].destination == found.address == "anna@firma.example"
    assert found.complete


def test_the_ways_out_are_sorted_by_length() -> None:
    rows = [
        Forward("info@a.example", f"far@a.example, near@a.example, {OUT}"),
        Forward("far@a.example", "near@a.example"),
        Forward("near@a.example", "ann@gmx.example"),
    ]

    assert explain(answer(*rows), "info@a.example").ways == (
        ("info@a.example", OUT),
        ("info@a.example", "near@a.example", "ann@gmx.example"),
        ("info@a.example", "far@a.example", "near@a.example", "ann@gmx.example"),
    )


def test_very_many_ways_are_cut_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [
        Forward(f"{name}{i}@a.example", f"a{i + 1}@a.example, b{i + 1}@a.example")
        for i in range(12)
        for name in "ab"
    ]
    ends = [Forward(f"{name}12@a.example", OUT) for name in "ab"]

    found = explain(answer(*layers, *ends), "a0@a.example")

    assert len(found.ways) == explanation.MOST_WAYS
    assert not found.complete
    monkeypatch.setattr(ways, "_MOST_TRIES", 5)
    cut = explain(answer(*layers, *ends), "a0@a.example")
    assert len(cut.ways) == 1
    assert not cut.complete


def test_a_way_out_that_begins_behind_a_growing_circle_is_told() -> None:
    rows = [
        Forward("u@a.example", "w+e@a.example"),
        Forward("w@a.example", "u@a.example, u@c.example"),
        Forward("u+e@c.example", "u@a.example"),
    ]

    found = explain(answer(*rows), "u@a.example")

    assert found.ways[0][-1] == "u+e+e@c.example"
    assert found.sentence.startswith(
        "u@a.example is listed: its mail reaches u+e+e@c.example over 4 forwardings."
    )


def test_a_text_that_is_no_address_is_refused() -> None:
    with pytest.raises(AddressError, match="no domain"):
        explain(answer(), "joe@")


@given(hosts())
@settings(max_examples=40, deadline=None)
def test_the_ways_out_agree_with_the_verdict(records: list[Record]) -> None:
    resolution = resolve(ForwardingGraph.from_records(records))
    for key in resolution.graph.rows.tables["virtual"]:
        address = f"any{key}" if key[0] == "@" else key

        found = explain(resolution, address)

        assert bool(found.ways) == found.verdict.reaches_external
        assert len(found.ways[0] if found.ways else ()) == len(resolution.path(address) or ())
        steps = {step.address: step for step in found.steps}
        outside = {final.address for final in found.verdict.finals if final.kind == "external"}
        grows = found.verdict.status != "ok"
        for way in found.ways:
            assert way[0] == address
            assert way[-1] in outside or grows
            for here, there in pairwise(way):
                assert grows or there in {arrow.destination for arrow in steps[here].arrows}
        assert list(map(len, found.ways)) == sorted(map(len, found.ways))
        assert str(found).startswith(found.sentence)
