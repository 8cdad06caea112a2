"""Scale: big and hostile inputs take time and memory in proportion, and nothing ever crashes.

Times are process CPU, and bounds are ratios of two works that take turns in one run: a slow or busy
machine, and a tracer, slow both.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import pytest

from forwardresolve import Domain, Forward, Resolution, nodes, resolve
from forwardresolve.destinations import split_destinations
from forwardresolve.graph import ForwardingGraph
from hosts import resolution_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forwardresolve.records import Record

A = Domain("a.example")
OUT = "x@ext.example"
NOISE = 0.05
"""Seconds that a measurement may be wrong by, whatever the size."""


def seconds(*works: Callable[[], object]) -> list[float]:
    """Return the process time of each work: the best of five turns."""
    best = [float("inf")] * len(works)
    for _ in range(5):
        for place, work in enumerate(works):
            gc.collect()
            begin = time.process_time()
            work()
            best[place] = min(best[place], time.process_time() - begin)
    return best


def resolved(records: Sequence[Record]) -> Resolution:
    """Build, resolve and survey a mail host."""
    resolution = resolve(ForwardingGraph.from_records(records))
    assert isinstance(resolution.addresses, tuple)
    return resolution


def chain(hops: int) -> list[Record]:
    rows = [Forward(f"u{n}@a.example", f"u{n + 1}@a.example") for n in range(hops - 1)]
    return [A, *rows, Forward(f"u{hops - 1}@a.example", OUT)]


def ring(hops: int) -> list[Record]:
    return [A, *(Forward(f"u{n}@a.example", f"u{(n + 1) % hops}@a.example") for n in range(hops))]


def mesh(lists: int) -> list[Record]:
    """Every list goes to ten others; one of them goes outside."""
    rows = [
        Forward(f"l{n}@a.example", [f"l{(n * 7 + step) % lists}@a.example" for step in range(10)])
        for n in range(lists)
    ]
    return [A, *rows, Forward("l0@a.example", OUT)]


def rewriting(domains: int, destinations: int = 5000) -> list[Record]:
    """Domains that rewrite in a row, and destinations without a row in all of them."""
    rows: list[Record] = [Domain(f"d{n}.example") for n in range(domains)]
    rows += [Forward(f"@d{n}.example", f"@d{n + 1}.example") for n in range(domains - 1)]
    rows += [Forward(f"u{n}@a.example", f"v{n}@d{n % domains}.example") for n in range(destinations)]
    return [A, *rows]


def plain(rows: int) -> list[Record]:
    """Rows that each lead outside at once: the least that so many rows can cost."""
    return [A, *(Forward(f"u{n}@a.example", f"v{n}@ext.example") for n in range(rows))]


@pytest.mark.parametrize(
    ("make", "size"),
    [(chain, 900), (ring, 900), (mesh, 2000), (rewriting, 400)],
    ids=["a chain of 900 hops", "a ring of 900", "a mesh of 2000 lists", "400 rewriting domains in a row"],
)
def test_it_costs_ten_times_the_plainest_rows_and_grows_with_its_size(
    make: Callable[[int], list[Record]], size: int
) -> None:
    small, large = make(size), make(4 * size)
    plainest = plain(len(small))
    least, taken, grown = seconds(
        lambda: resolved(plainest), lambda: resolved(small), lambda: resolved(large)
    )
    assert taken < 10 * least + NOISE
    assert grown < 4 * 2 * taken + NOISE


def test_a_chain_leads_out_from_its_first_hop() -> None:
    resolution = resolved(chain(900))
    assert len(resolution.addresses) == 900
    assert len(resolution.path("u0@a.example") or ()) == 901
    assert resolution.verdict("u0@a.example").status == "ok"


def test_all_lists_of_a_mesh_reach_outside() -> None:
    resolution = resolved(mesh(2000))
    assert len(resolution.addresses) == 2000
    verdict = resolution.verdict("l1@a.example")
    assert (verdict.status, verdict.listed) == ("loop", True)


def test_a_ring_reaches_nothing() -> None:
    resolution = resolved(ring(900))
    assert resolution.addresses == ()
    assert resolution.verdict("u0@a.example").status == "loop"


def test_destinations_that_pass_rewriting_domains_stay_inside() -> None:
    assert resolved(rewriting(400)).addresses == ()


def test_a_chain_of_200_000_hops_is_resolved() -> None:
    resolution = resolved(chain(200_000))
    assert len(resolution.addresses) == 200_000
    assert "u0+e@a.example" in resolution


def test_an_address_on_a_chain_of_20_000_hops_has_a_verdict_and_a_path() -> None:
    resolution = resolved(chain(20_000))
    assert resolution.verdict("u0@a.example").status == "limit"
    assert len(resolution.path("u0@a.example") or ()) == 20_001


@pytest.mark.slow
def test_a_chain_of_a_million_hops_is_resolved() -> None:
    resolution = resolved(chain(1_000_000))
    assert len(resolution.addresses) == 1_000_000
    assert len(resolution.path("u0@a.example") or ()) == 1_000_001


def test_a_row_of_100_000_destinations_is_read() -> None:
    row = Forward("list@a.example", ", ".join(f"u{n}@ext.example" for n in range(100_000)))
    resolution = resolution_of(A, row)
    verdict = resolution.verdict("list@a.example")
    assert (verdict.listed, verdict.status) == (True, "limit")
    assert len(verdict.finals) >= 1000


def test_100_000_rows_of_one_key_with_one_destination_each_are_united() -> None:
    resolution = resolution_of(A, *(Forward("list@a.example", f"u{n}@ext.example") for n in range(100_000)))
    assert resolution.addresses == ("list@a.example",)


@pytest.mark.parametrize(
    "text", ["(", "<", '"', ":", "\\", "[", "@", "a", ";", "()", "a(", "a <", '""', ".", "\0"]
)
def test_splitting_takes_time_in_proportion_to_the_length(text: str) -> None:
    taken, grown = seconds(
        lambda: split_destinations(text * 20_000), lambda: split_destinations(text * 80_000)
    )
    assert grown < 4 * 2 * taken + NOISE


@pytest.mark.parametrize("text", ["@", '"', ":", "a <"])
def test_a_megabyte_is_split_in_proportion_too(text: str) -> None:
    taken, grown = seconds(
        lambda: split_destinations(text * (100_000 // len(text))),
        lambda: split_destinations(text * (1_000_000 // len(text))),
    )
    assert grown < 10 * 2 * taken + NOISE


def test_a_megabyte_that_is_no_address_is_a_rejected_row() -> None:
    resolution = resolution_of(A, Forward("u@a.example", "y" * 1_000_000), Forward("z" * 1_000_000, OUT))
    rejected = resolution.graph.rows.rejected
    assert [each.oddity for each in rejected] == ["bad-destination", "bad-source"]
    assert all(len(each.reason) < 200 for each in rejected)


def test_a_hub_with_a_thousand_tagged_keys_that_many_rows_feed_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nodes, "MOST_DERIVED", 20_000)
    keys = [Forward(f"hub+{n}@a.example", OUT) for n in range(1000)]
    feeders = [Forward(f"u{n}@a.example", "hub@a.example") for n in range(1000)]
    resolution = resolved([A, *keys, *feeders])
    assert resolution.reach.nodes.cut_off
    assert len(resolution.addresses) == 1000 + 20_000


def test_a_hub_that_is_not_cut_off_is_exact() -> None:
    keys = [Forward(f"hub+{n}@a.example", OUT) for n in range(1000)]
    feeders = [Forward(f"u{n}@a.example", "hub@a.example") for n in range(20)]
    resolution = resolved([A, *keys, *feeders])
    assert not resolution.reach.nodes.cut_off
    assert len(resolution.addresses) == 1000 + 20 * 1000
    assert "u7+77@a.example" in resolution
    assert "u7+7777@a.example" not in resolution


def test_a_row_that_grows_for_ever_is_decided_in_bounded_time() -> None:
    resolution = resolution_of(A, Forward("u@a.example", f"u+a@a.example, u+b@a.example, {OUT}"))
    least, taken = seconds(lambda: resolved(plain(20_000)), lambda: resolution.verdict("u@a.example"))
    assert taken < least


@pytest.mark.parametrize(
    "key",
    [
        "in\0fo@a.example",
        "\x7f@a.example",
        "a\x1b[31m@a.example",
        "a\u2028b@a.example",
        "\ud800@a.exam\ud800ple",
    ],
)
def test_a_key_with_characters_that_no_address_has_is_a_rejected_row(key: str) -> None:
    resolution = resolution_of(A, Forward(key, OUT))
    assert resolution.addresses == ()
    assert [each.oddity for each in resolution.graph.rows.rejected] == ["bad-source"]
