"""Circles: found all, each once, whatever the order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.findings.components import circles, shortest_circle

GRAPHS = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3))


def reaches(graph: dict[str, list[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    queue = list(graph.get(start, ()))
    for here in queue:
        if here not in seen:
            seen.add(here)
            queue += graph.get(here, ())
    return goal in seen


@given(GRAPHS)
def test_two_members_lie_on_a_circle_if_each_leads_to_the_other(graph: dict[str, list[str]]) -> None:
    found = list(circles(graph, lambda member: graph.get(member, ())))

    expected = {
        frozenset(other for other in graph if reaches(graph, member, other) and reaches(graph, other, member))
        for member in graph
        if reaches(graph, member, member)
    }
    assert set(found) == expected
    assert len(found) == len(expected)


@given(GRAPHS)
def test_the_way_round_is_a_way_and_none_is_shorter(graph: dict[str, list[str]]) -> None:
    for members in circles(graph, lambda member: graph.get(member, ())):
        for start in members:
            way = shortest_circle(start, members, lambda member: graph[member])

            assert way[0] == start
            assert all(there in graph[here] for here, there in zip(way, (*way[1:], start), strict=True))
            assert len(set(way)) == len(way)
            assert (len(way) == 1) == (start in graph[start])


def test_a_ring_of_a_ten_thousand_is_one_circle() -> None:
    count = 10_000

    (found,) = circles(["0"], lambda member: [str((int(member) + 1) % count)])

    assert len(found) == count
