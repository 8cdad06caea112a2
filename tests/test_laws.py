"""Laws: what holds for every input, tried on inputs that nobody chose."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from forwardresolve import AddressError, Domain, DomainAlias, Forward, ForwardingGraph, Mailbox, resolve
from forwardresolve.addresses import (
    MAX_LENGTH,
    append_extension,
    normalise,
    quote_local,
    split_address,
    split_extension,
    unquote_local,
)
from forwardresolve.destinations import normalise_destination, plain_destinations, split_destinations
from forwardresolve.entries import look_up
from hosts import Choices, resolution_of, table_of
from naive import NaiveHost, TooWideError
from nasty import World, random_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve import Resolution
    from forwardresolve.records import Record

law = settings(deadline=None, max_examples=60)
"""The machine may be busy; how long things take is for the tests of scale."""

DOMAINS = ("a.test", "b.test", "al.test", "ext.test")
LOCALS = ("u", "v", "u+e", "v+e", "u+e+f")
UNKNOWN = ("unknown", "unknown+e", "u+never", "v+never+e")

addresses = st.builds("{}@{}".format, st.sampled_from(LOCALS), st.sampled_from(DOMAINS))
catch_alls = st.sampled_from(DOMAINS).map("@{}".format)
destination_lists = st.lists(addresses, min_size=1, max_size=3, unique=True).map(",".join)
forwards = st.builds(Forward, addresses | catch_alls, destination_lists | catch_alls)
small_hosts = st.lists(forwards, max_size=8).map(
    lambda rows: (
        Domain("a.test"),
        Domain("b.test"),
        DomainAlias("al.test", "a.test"),
        Mailbox("u@a.test"),
        *rows,
    )
)
recipients = st.builds("{}@{}".format, st.sampled_from(LOCALS + UNKNOWN), st.sampled_from(DOMAINS))
choices = st.sampled_from(
    (
        Choices(),
        Choices(recipient_delimiter=""),
        Choices(kept_copy="ignore"),
        Choices(internal_domains=("ext.test",)),
    )
)
nasty_worlds = st.integers(0, 2**32).map(lambda seed: random_world(Random(seed)))  # noqa: S311 (repeatable choices, no secrets)


def recipients_of(world: World, count: int = 12) -> list[str]:
    rng = Random(0)  # noqa: S311 (repeatable choices, no secrets)
    return [world.recipient(rng) for _ in range(count)]


def answers(resolution: Resolution) -> tuple[object, ...]:
    return resolution.addresses, resolution.catch_alls, tuple(resolution.entries())


@law
@given(small_hosts, recipients, choices)
def test_an_address_reaches_outside_when_a_plain_search_gets_there(
    records: Sequence[Record], recipient: str, chosen: Choices
) -> None:
    verdict = resolution_of(*records, **chosen).verdict(recipient)
    naive = NaiveHost(records, **chosen)
    try:
        reaches_external, listed = naive.reaches_external(recipient), naive.lists(recipient)
    except TooWideError:
        reject()
    assert (verdict.reaches_external, verdict.listed) == (reaches_external, listed)


def test_rows_that_are_too_wide_for_a_plain_search_are_decided_all_the_same() -> None:
    records = (
        Domain("a.test"),
        Domain("b.test"),
        DomainAlias("al.test", "a.test"),
        Forward("@al.test", "u+e+f@al.test, @b.test"),
        Forward("u@a.test", "u+e+f@b.test, u+e@al.test"),
        Forward("u@b.test", "@al.test"),
        Forward("@ext.test", "@a.test"),
        Forward("v@ext.test", "v+e@b.test, u@al.test, v@ext.test"),
        Forward("v@a.test", "v@ext.test, v+e@al.test, u+e@ext.test"),
    )
    with pytest.raises(TooWideError):
        NaiveHost(records).walk("u+e@a.test")
    assert resolution_of(*records).verdict("u+e@a.test").status == "loop"


@law
@given(small_hosts, recipients, choices)
def test_the_table_alone_decides_every_recipient(
    records: Sequence[Record], recipient: str, chosen: Choices
) -> None:
    resolution = resolution_of(*records, **chosen)
    delimiters = resolution.graph.settings.recipient_delimiter
    assert look_up(table_of(resolution), recipient, delimiters) == resolution.verdict(recipient).listed


@law
@given(small_hosts, st.sampled_from(DOMAINS), st.text("abcdefghijklmnop", min_size=8))
def test_a_name_that_no_row_knows_fares_like_every_other(
    records: Sequence[Record], domain: str, name: str
) -> None:
    resolution = resolution_of(*records)
    unknown = resolution.verdict(f"{name}@{domain}")
    assert unknown.listed == (domain in resolution.catch_alls)
    assert unknown.reaches_external == resolution.verdict(f"never-heard-of@{domain}").reaches_external


@law
@given(small_hosts, st.sampled_from(LOCALS), st.sampled_from(DOMAINS), st.text("ghijklmnop", min_size=1))
def test_an_extension_that_no_row_knows_fares_like_every_other(
    records: Sequence[Record], local: str, domain: str, extension: str
) -> None:
    resolution = resolution_of(*records)
    unknown = resolution.verdict(f"{local}+{extension}@{domain}")
    assert unknown.reaches_external == resolution.verdict(f"{local}+0@{domain}").reaches_external


@law
@given(small_hosts, st.randoms())
def test_neither_order_nor_repetition_of_records_changes_anything(
    records: Sequence[Record], rng: Random
) -> None:
    shuffled = [*records, *rng.choices(records, k=3)]
    rng.shuffle(shuffled)
    assert answers(resolution_of(*shuffled)) == answers(resolution_of(*records))


@settings(law, max_examples=30)
@given(nasty_worlds, st.randoms())
def test_the_order_of_records_changes_nothing_on_nasty_hosts_either(world: World, rng: Random) -> None:
    assume(not any(type(record).__name__ == "Pattern" for record in world.records))  # the first one wins
    shuffled = [*world.records]
    rng.shuffle(shuffled)
    reordered = attrs.evolve(world, records=tuple(shuffled))
    first, second = (
        resolve(ForwardingGraph.from_records(each.records, **each.choices)) for each in (world, reordered)
    )
    assert answers(first) == answers(second)
    for recipient in recipients_of(world, 4):
        one, other = first.verdict(recipient), second.verdict(recipient)
        assert attrs.evolve(one, status="ok") == attrs.evolve(other, status="ok")


@law
@given(small_hosts, recipients)
def test_a_path_is_a_way_out_hop_by_hop_and_none_is_shorter(
    records: Sequence[Record], recipient: str
) -> None:
    resolution = resolution_of(*records)
    graph, way = resolution.graph, resolution.path(recipient)
    assert (way is not None) == resolution.verdict(recipient).reaches_external
    if way is None:
        return
    assert way[0] == recipient
    for here, onward in pairwise(way):
        assert onward in [arrow.destination for arrow in graph.step(here).arrows]
    final = graph.step(way[-1]).final
    assert final is not None
    assert final.kind == "external"
    assert len(way) == hops_outside(graph, recipient)


def hops_outside(graph: ForwardingGraph, recipient: str) -> int:
    """Count the addresses on a shortest way out, by a search forwards."""
    distance = {recipient: 1}
    queue = deque(distance)
    while True:
        here = queue.popleft()
        hop = graph.step(here)
        if hop.final is not None and hop.final.kind == "external":
            return distance[here]
        for arrow in hop.arrows:
            if arrow.destination not in distance:
                distance[arrow.destination] = distance[here] + 1
                queue.append(arrow.destination)


@law
@given(small_hosts.filter(lambda records: len(records) <= 9), recipients)
def test_the_status_is_that_of_an_expansion_without_limits(records: Sequence[Record], recipient: str) -> None:
    resolution = resolution_of(*records)
    status = resolution.verdict(recipient).status
    assert status == ("ok" if expansion_ends(resolution.graph, recipient) else "loop")


def expansion_ends(graph: ForwardingGraph, recipient: str) -> bool:
    """Expand as Postfix does, and give up only where so few rows cannot come to an end any more."""
    todo, listing_themselves = deque([recipient]), set[str]()
    for _ in range(3000):
        if not todo:
            return True
        here = todo.popleft()
        if len(here) > 100:
            return False
        if here not in listing_themselves:
            results = [arrow.destination for arrow in graph.answers(here)]
            listing_themselves |= {here} & set(results)
            todo.extendleft(results[:1])
            todo.extend(results[1:])
    return False


@law
@given(small_hosts, recipients)
def test_every_end_is_the_end_of_some_walk(records: Sequence[Record], recipient: str) -> None:
    verdict = resolution_of(*records).verdict(recipient)
    if verdict.status == "ok":
        assert {final.address for final in verdict.finals} == set(ends(NaiveHost(records), recipient))


def ends(naive: NaiveHost, recipient: str) -> set[str]:
    seen, queue, found = {recipient}, [recipient], set()
    for here in queue:
        onward, ends_here = naive.hop(here)
        found |= {here} if ends_here else set()
        further = [each for each in onward if each not in seen]
        seen.update(further)
        queue += further
    return found


# Addresses and destinations.

names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30)
marks = st.sampled_from(("+", "-", "+-", ".+", "=_"))


@law
@given(
    st.text(max_size=40)
    | st.builds("{}@{}".format, names, st.sampled_from(("a.test", "Bücher.test", "[::1]")))
)
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        address = normalise(text)
    except AddressError:
        return
    assert normalise(address) == address
    assert normalise(f" {address} ") == address


@law
@given(st.text())
def test_an_address_is_read_or_refused_whatever_the_text(text: str) -> None:
    try:
        assert 0 < len(normalise(text)) <= MAX_LENGTH
    except AddressError as error:
        assert str(error)  # noqa: PT017 (either outcome is fine)


@law
@given(st.text(min_size=1))
def test_unquoting_is_the_inverse_of_quoting(local: str) -> None:
    assume(not (len(local) > 1 and local[0] == local[-1] == '"'))
    assert unquote_local(quote_local(local)) == local


@law
@given(names, marks)
def test_an_extension_that_is_taken_off_goes_on_again(name: str, delimiters: str) -> None:
    try:
        local, _ = split_address(normalise(f"{name}@a.test"))
    except AddressError:
        return
    base, extension = split_extension(local, delimiters)
    assert append_extension(f"{base}@a.test", extension) == f"{local}@a.test"
    assert split_extension(base, delimiters) == (base, "") or not extension


@law
@given(st.text("abc", min_size=1), st.text("abc+-"), marks)
def test_an_extension_that_is_put_on_comes_off_again(base: str, rest: str, delimiters: str) -> None:
    extension = delimiters[0] + rest
    extended = append_extension(f"{base}@a.test", extension)
    assert (
        split_extension(split_address(extended)[0], delimiters) == (base, extension)
        or "-request" in extension
    )


dot_atoms = st.sampled_from(("a", "A", "b+c", "a.b", "o'x", "-", "a--b", "info", "{a}", "a=b"))
plain = st.builds("{}@{}".format, dot_atoms, st.sampled_from(DOMAINS))


@law
@given(
    st.lists(plain, min_size=1, max_size=6, unique=True),
    st.sampled_from((",", ", ", "; ", " ", "\n", " , ,")),
)
def test_plain_addresses_that_are_joined_come_apart_again(items: list[str], separator: str) -> None:
    assert split_destinations(separator.join(items)) == tuple(items)


@law
@given(st.lists(plain, min_size=1, max_size=6))
def test_the_fast_reading_is_the_slow_one(items: list[str]) -> None:
    text = ", ".join(items)
    assert plain_destinations(text) == tuple(
        dict.fromkeys(map(normalise_destination, split_destinations(text)))
    )


@law
@given(st.text())
def test_what_the_fast_reading_takes_the_slow_one_takes_the_same_way(text: str) -> None:
    found = plain_destinations(text)
    if found is not None:
        assert found == tuple(dict.fromkeys(map(normalise_destination, split_destinations(text))))


odd_texts = st.text() | st.text('@,;:"()<>[]\\+-%!|/ \0\r\nau.') | names.map("{}@a.test".format)


@law
@given(st.lists(st.tuples(odd_texts, odd_texts), max_size=5), odd_texts)
def test_any_text_gives_an_answer_or_a_rejected_row(pairs: list[tuple[str, str]], asked: str) -> None:
    rows = [Forward(*pair) for pair in pairs]
    for delimiters in ("+", "+-", "@", '"', ""):
        graph = ForwardingGraph.from_records(
            [Domain("a.test"), Domain("l.test", "local"), *rows, *(Domain(text) for text, _ in pairs)],
            recipient_delimiter=delimiters,
        )
        resolution = resolve(graph)
        assert all(isinstance(entry.key, str) for entry in resolution.entries())
        for text in (asked, f"{asked}@a.test", f"{asked}@l.test", *(source for source, _ in pairs)):
            try:
                verdict = resolution.verdict(text)
            except AddressError:
                continue
            assert verdict.listed == (text in resolution)
            assert (resolution.path(text) is not None) == verdict.reaches_external
