"""The forest of next hops: after every change it is what a search from the ends finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.live.forest import Forest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.live.forest import Way

END = "end"
Graph = dict[str, list[str]]

names = st.sampled_from("abcdefgh")
rows = st.lists(st.sampled_from(("a", "b", "c", "d", "e", "f", "g", "h", END)), max_size=3, unique=True)
changes = st.lists(st.dictionaries(names, rows, min_size=1, max_size=4), max_size=12)


class Kept:
    """A graph that changes, with its forest."""

    def __init__(self) -> None:
        self.graph: Graph = {}
        self.feeders: dict[str, dict[str, None]] = {}
        self.forest = Forest({}, self.feeders, self.ways, lambda way: way[1] == END)

    def ways(self, name: str) -> Sequence[Way]:
        return [(f"to {each}", each) for each in self.graph.get(name, ())]

    def change(self, rows: Graph) -> set[str]:
        for name, onward in rows.items():
            for each in self.graph.get(name, ()):
                self.feeders[each].pop(name)
            self.graph[name] = onward
            for each in onward:
                self.feeders.setdefault(each, {})[name] = None
        return self.forest.repair({name: self.ways(name) for name in rows})

    def reaching(self) -> set[str]:
        found, queue = {END}, [END]
        for place in queue:
            further = [name for name, onward in self.graph.items() if place in onward and name not in found]
            found.update(further)
            queue += further
        return found - {END}


@settings(deadline=None, max_examples=300)
@given(changes)
def test_after_every_change_it_is_what_a_search_finds(stream: list[Graph]) -> None:
    kept = Kept()
    for rows in stream:
        before = kept.reaching()
        flipped = kept.change(rows)
        after = kept.reaching()
        assert set(kept.forest.via) == after
        assert flipped == before ^ after
        for name in after:
            hops = 0
            while name in kept.forest.via:
                name, hops = kept.forest.via[name], hops + 1  # noqa: PLW2901 (walks on)
                assert hops <= len(kept.graph), "the ways go round in a circle"
            assert name == "to end"


def test_only_what_hangs_on_a_lost_way_is_looked_at_again() -> None:
    kept = Kept()
    kept.change({"a": ["b"], "b": ["c"], "c": [END], "d": ["e"], "e": [END], "f": [END, "c"]})
    asked: list[str] = []
    looking = kept.ways

    def ways(name: str) -> Sequence[Way]:
        asked.append(name)
        return looking(name)

    forest = Forest(kept.forest.via, kept.feeders, ways, kept.forest.ends)
    kept.feeders["c"].pop("b")
    kept.graph["b"] = ["e"]
    assert forest.repair({"b": looking("b")}) == set()
    assert asked == ["a"]
    assert forest.via["b"] == "e"


def test_places_that_hang_on_each_other_are_cut_once() -> None:
    kept = Kept()
    kept.change({"a": ["b"], "b": ["c"], "c": [END]})
    assert kept.change({"b": [], "a": []}) == {"a", "b"}
    assert set(kept.forest.via) == {"c"}
