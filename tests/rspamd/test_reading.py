"""What is written can be read back, whichever profile and format wrote it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.addresses import quote_local
from forwardresolve.entries import Entry, exact_key
from forwardresolve.rspamd import RspamdSettings, artifacts, map_paths
from forwardresolve.rspamd.artifact import database_artifact, map_artifact
from forwardresolve.rspamd.lines import address_keys, address_lines, obstacle
from forwardresolve.rspamd.reading import is_whole, read_keys
from forwardresolve.rspamd.table import table, table_lines
from rspamd.answers import Said
from scenarios import scenario_records
from worlds import random_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve import Resolution

_LOCALS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.text(
    st.sampled_from("ab\"/#\\ \t\n;{}*+-'@<>(),:.%ü\x0c\x00"), min_size=1, max_size=8
)
_DOMAINS = st.sampled_from(["a.example", "[192.0.2.1]", "under_score.b.example", "xn--mnchen-3ya.example"])
_ADDRESSES = st.builds(lambda local, domain: f"{quote_local(local)}@{domain}", _LOCALS, _DOMAINS)


@given(st.sets(_ADDRESSES))
def test_the_map_of_addresses_is_read_back(addresses: set[str]) -> None:
    listed = sorted(addresses)
    text = map_artifact("list", "".join(address_lines(listed)))
    database = database_artifact("list", ((key, "1") for key in address_keys(listed)))
    wanted = {exact_key(each) for each in listed if not obstacle(each)}

    assert read_keys([text.content]) == read_keys([database.content]) == wanted
    assert is_whole(text.content)
    assert is_whole(database.content)


@given(st.sets(_ADDRESSES), st.booleans())
def test_the_table_is_read_back(addresses: set[str], listed: bool) -> None:  # noqa: FBT001 (given)
    entries = [Entry(exact_key(each), listed=listed) for each in sorted(addresses)]
    entries += [Entry("b+*@a.example"), Entry("@a.example", listed=not listed), Entry("@.a.example")]
    answer = Said(table=tuple(entries))
    text = map_artifact("table", "".join(table_lines(answer)))
    database = database_artifact("table", ((key, value or "1") for key, value in table(answer)))

    assert read_keys([text.content]) == read_keys([database.content]) == set(map(str, entries))


def worlds() -> Iterator[Resolution]:
    rng = Random(5)  # noqa: S311 (repeatable, not secret)
    for _ in range(150):
        records, settings = scenario_records(random_world(rng))
        resolution = resolve(ForwardingGraph.from_records(records, **settings))
        if resolution.graph.rows.domains:
            yield resolution


def maps_of(resolution: Resolution, settings: RspamdSettings) -> list[bytes]:
    maps = [each for each in artifacts(resolution, settings) if each.kind == "map"]
    assert tuple(each.path for each in maps) == map_paths(settings)
    return [each.content for each in maps]


@pytest.mark.parametrize("map_format", ["text", "cdb"])
def test_the_maps_of_random_hosts_are_read_back(map_format: Literal["text", "cdb"]) -> None:
    multimap = RspamdSettings(map_format=map_format)
    plugin = RspamdSettings(profile="plugin", map_format=map_format)
    for resolution in worlds():
        maps = maps_of(resolution, multimap)
        exceptions = {name for names in resolution.catch_alls.values() for name in names}
        wanted = {exact_key(each) for each in resolution.addresses if not obstacle(each)}
        wanted |= {f"@{domain}" for domain in resolution.catch_alls}
        wanted |= {str(Entry(exact_key(name), listed=False)) for name in exceptions}
        assert read_keys(maps) == wanted

        assert read_keys(maps_of(resolution, plugin)) == set(map(str, resolution.entries()))


@pytest.mark.parametrize("lines", ["delimiter\n", "b.example\ndelimiter\n", "delimiter\nx.example\n"])
def test_a_domain_that_is_named_like_the_key_of_the_delimiter_is_read_back(lines: str) -> None:
    wanted = {f"@{line}" for line in lines.split()}
    assert read_keys([map_artifact("domains", lines).content]) == wanted


@pytest.mark.parametrize("cut", [0, 1, 7, 2040, 2060, 2100, 2140, -1])
def test_a_database_that_breaks_off_is_not_whole_and_not_fatal(cut: int) -> None:
    content = database_artifact("list", [("a@a.example", "1"), ("b@a.example", "1")]).content

    assert read_keys([content[:cut]]) <= {"a@a.example", "b@a.example"}
    assert not is_whole(content[:cut]) or cut == -1


def test_a_text_that_was_changed_by_hand_is_not_whole() -> None:
    content = map_artifact("list", "a@a.example\nb@a.example\n").content

    assert not is_whole(content[:-3])
    assert not is_whole(content + b"c@a.example\n")
    assert not is_whole(content.partition(b"\n")[2])


def test_lines_that_nobody_here_writes_are_no_error() -> None:
    content = map_artifact("list", '/odd pattern/i\n"unclosed\n%zz@ü..example\n').content

    assert {"@unclosed"} <= read_keys([content])
