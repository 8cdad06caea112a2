"""A change costs what hangs on it, whatever the size of the host; ratios of works in one run."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from forwardresolve import Domain, Forward, LiveResolution, resolve
from forwardresolve.graph import ForwardingGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from forwardresolve.records import Record

OUT = "x@ext.example"
ROWS = 10_000


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def records() -> list[Record]:
    """Ten thousand rows in one domain; each tenth goes outside over a hub."""
    rows = [
        Forward(f"u{number}@a.example", "hub@a.example" if number % 10 == 0 else f"box{number}@a.example")
        for number in range(ROWS)
    ]
    return [Domain("a.example"), *rows, Forward("hub@a.example", OUT)]


def test_a_changed_row_costs_a_small_part_of_a_rebuild() -> None:
    live = LiveResolution(ForwardingGraph.from_records(records()))
    rebuild = seconds(lambda: resolve(ForwardingGraph.from_records(records())).addresses)
    for destinations in (OUT, "box7@a.example", "hub@a.example"):
        times = [
            seconds(lambda number=number: live.set_forwarding(f"u{number}@a.example", destinations))  # type: ignore[misc] # the loop's own value  # noqa: B023
            for number in range(0, 2000, 10)
        ]
        assert median(times) < rebuild / 100
    assert len(live.addresses) == ROWS // 10 + 1


def test_one_of_many_that_feed_a_hub_costs_no_more_than_one_of_few() -> None:
    live = LiveResolution(ForwardingGraph.from_records(records()))
    live.set_forwarding("small@a.example", OUT)

    def cost(hub: str) -> float:
        times = []
        for number in range(1, 101):
            live.set_forwarding(f"u{number}@a.example", hub)
            times.append(seconds(lambda number=number: live.remove_forwarding(f"u{number}@a.example")))  # type: ignore[misc] # the loop's own value
        return median(times)

    assert cost("hub@a.example") < 10 * cost("small@a.example")
