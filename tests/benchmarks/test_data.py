"""The generator keeps what it promises: every kind of row, in about its share, the same each time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.data import DEEPEST, PROVIDERS, MailHost, make_database, make_host, write_csv
from benchmarks.way import digest_of
from forwardresolve import ForwardingGraph, Resolution, resolve
from forwardresolve.registry import make_backend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIZE = 20_000


@pytest.fixture(scope="module")
def host() -> MailHost:
    """Make a host, and keep its rows as they are written."""
    made = make_host(SIZE)
    return MailHost(made.domains, made.domain_aliases, made.mailboxes, list(made.aliases))


@pytest.fixture(scope="module")
def rows(host: MailHost) -> dict[str, list[str]]:
    """Fold the case and split the lists."""
    return {source.lower(): goto.lower().split(",") for source, goto in host.aliases}


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def resolution_of(backend: str, options: Mapping[str, str]) -> Resolution:
    records = make_backend(backend, options, "source.panel").records()
    return resolve(ForwardingGraph.from_sources({"panel": records}))


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        make_database(tmp_path / name / "panel.sqlite", 1000, seed)
        write_csv(tmp_path / name, make_host(1000, seed))
    contents = {
        directory.name: {file.name: file.read_bytes() for file in directory.iterdir()}
        for directory in tmp_path.iterdir()
    }
    assert len(contents["one"]) == 5
    assert contents["one"] == contents["again"]
    assert contents["one"]["panel.sqlite"] != contents["other"]["panel.sqlite"]
    assert contents["one"]["forwards.csv"] != contents["other"]["forwards.csv"]


def test_the_database_and_the_csv_files_resolve_to_the_same_list(tmp_path: Path) -> None:
    make_database(tmp_path / "panel.sqlite", 5000)
    files = write_csv(tmp_path, make_host(5000))
    by_sql = resolution_of("postfixadmin", {"url": f"sqlite:///{tmp_path}/panel.sqlite"})
    by_csv = resolution_of("csv", files)
    assert len(by_sql.addresses) > 1000
    assert not by_sql.graph.rows.rejected
    assert not by_csv.graph.rows.rejected
    assert digest_of(str(each) for each in by_sql.entries()) == digest_of(
        str(each) for each in by_csv.entries()
    )
    assert by_sql.addresses == by_csv.addresses
    assert by_sql.catch_alls == by_csv.catch_alls


def test_csv_has_an_idn_in_u_labels_and_the_database_in_a_labels(tmp_path: Path) -> None:
    make_database(tmp_path / "panel.sqlite", 5000)
    write_csv(tmp_path, make_host(5000))
    panel = sqlite3.connect(tmp_path / "panel.sqlite")
    written = [goto for (goto,) in panel.execute("SELECT goto FROM alias WHERE goto LIKE '%@xn--%'")]
    panel.close()
    assert written
    assert "küche" in (tmp_path / "forwards.csv").read_text()
    assert "@xn--" not in (tmp_path / "forwards.csv").read_text()


def test_the_size_of_domains_follows_zipf(rows: Mapping[str, list[str]]) -> None:
    sizes = [count for _, count in Counter(map(domain_of, rows)).most_common(20)]
    assert sizes[0] / sizes[1] == pytest.approx(2, rel=0.15)
    assert sizes[0] / sizes[9] == pytest.approx(10, rel=0.25)


def test_sixty_rows_in_a_hundred_belong_to_mailboxes(host: MailHost, rows: Mapping[str, list[str]]) -> None:
    mailboxes = set(host.mailboxes)
    keep = [source for source, goto in rows.items() if source in goto]
    assert len(keep) / len(rows) == pytest.approx(0.6, abs=0.01)
    assert mailboxes == set(keep)
    assert sum(len(rows[each]) > 1 for each in keep) / len(keep) == pytest.approx(0.12, abs=0.02)


def test_chains_have_every_depth_to_the_deepest(rows: Mapping[str, list[str]]) -> None:
    def depth(address: str) -> int:
        onward = [each for each in rows[address] if each.startswith("alias")]
        return 1 + max(map(depth, onward), default=0)

    depths = Counter(depth(address) for address in rows if address.startswith("alias"))
    assert sorted(depths) == list(range(1, DEEPEST + 1))
    assert depths[DEEPEST] >= 10


def test_there_are_rings_with_and_without_a_way_out(rows: Mapping[str, list[str]]) -> None:
    rings = {source: goto for source, goto in rows.items() if source.startswith("ring")}
    heads = {source for source in rings if source.rpartition("@")[0].endswith("-0")}
    assert len(heads) >= 5
    ways_out = sum(domain_of(each) in PROVIDERS for goto in rings.values() for each in goto)
    assert 0 < ways_out < len(heads)
    assert heads < {each for goto in rings.values() for each in goto}


def test_one_domain_in_twenty_has_a_catch_all(host: MailHost, rows: Mapping[str, list[str]]) -> None:
    catch_alls = [goto for source, goto in rows.items() if source.startswith("@")]
    assert len(catch_alls) / len(host.domains) == pytest.approx(0.05, abs=0.005)
    outside = sum(domain_of(goto[0]) in PROVIDERS for goto in catch_alls)
    assert 0 < outside < len(catch_alls)


def test_two_rows_in_a_hundred_are_in_mixed_case(host: MailHost) -> None:
    aliases = list(host.aliases)
    assert sum(source != source.lower() for source, _ in aliases) / len(aliases) == pytest.approx(
        0.02, abs=0.005
    )
    assert sum(goto != goto.lower() for _, goto in aliases) / len(aliases) == pytest.approx(0.02, abs=0.005)


def test_one_domain_in_fifty_is_an_idn_and_one_has_an_alias(
    host: MailHost, rows: Mapping[str, list[str]]
) -> None:
    idn = [domain for domain in host.domains if domain.startswith("xn--")]
    assert len(idn) / len(host.domains) == pytest.approx(0.02, abs=0.002)
    assert len(host.domain_aliases) / len(host.domains) == pytest.approx(0.02, abs=0.002)
    assert not any(domain_of(source) in host.domain_aliases for source in rows)
    destinations = [domain_of(each) for goto in rows.values() for each in goto]
    assert any(domain in host.domain_aliases for domain in destinations)
    assert any(domain in idn for domain in destinations)


def test_some_destinations_dangle_and_some_sources_have_an_extension(
    rows: Mapping[str, list[str]],
) -> None:
    dangling = {each for goto in rows.values() for each in goto if each.startswith("nobody")}
    assert dangling
    assert dangling.isdisjoint(rows)
    assert any("+list@" in source for source in rows)
