"""What measures runs, at a size of no interest, and says whether a bound holds."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import instead
from benchmarks.children import peak
from benchmarks.data import make_database
from benchmarks.tables import Measured, machine, table
from benchmarks.way import digest_of, go

if TYPE_CHECKING:
    from servers.sql import Server

ROOT = Path(__file__).parents[2]
SEED = 14
"""With it even a small host has an alias domain whose unknown addresses are listed."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write a small host that has every kind of row."""
    path = tmp_path_factory.mktemp("panel") / "panel.sqlite"
    make_database(path, 5000, seed=SEED)
    return str(path)


def run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_every_row_of_the_table_is_printed_with_the_machine() -> None:
    options = ("--pairs", "1", "--changes", "20", "--members", "50", "--divisor", "20")
    printed = run("tests.benchmarks", "--sizes", "500,1000", *options)
    assert machine().split(";")[0] in printed
    for row in (
        "| 500 addresses, from SQLite to the written map, over the bare rows |",
        "| 1,000 addresses, the whole process |",
        "| growth, 500 to 1,000, the map a text |",
        "| growth, 500 to 1,000, the map as it is by default |",
        "| memory for 1,000 addresses, at the peak |",
        "| one changed row at 1,000, the median, of a rebuild | 1/",
        "| memory of a live resolution of 1,000 addresses, at the peak |",
        "| a mesh of 100 lists of 50 |",
        "| a chain of 45 hops |",
        "| a ring of 250 |",
        "| 20 rewriting domains in a row,",
    ):
        assert row in printed


def test_the_comparison_finds_the_same_on_every_way() -> None:
    options = ("--turns", "1", "--lists", "60", "--ways", "ours,recursion,networkx,sqlite")
    printed = run("tests.benchmarks.instead", "--sizes", "1000", *options)
    rows = [line for line in printed.splitlines() if line.endswith("entries |")]
    assert len(rows) == 8
    assert not any("NO" in row for row in rows)


@pytest.mark.parametrize("way", ["recursion", "networkx", "sqlite"])
def test_a_way_finds_the_same(way: str, database: str) -> None:
    ours, theirs = (
        sorted(import_module(f"benchmarks.way_{each}").listed(database)) for each in ("ours", way)
    )
    assert len(ours) > 1000
    assert any(each.startswith("@twin-") for each in ours)
    assert any("@twin-" in each[1:] for each in ours)
    assert theirs == ours


@pytest.mark.live
def test_postgresql_finds_the_same(database: str, postgresql: Server) -> None:
    import psycopg

    from benchmarks import way_ours, way_postgresql

    with psycopg.connect(postgresql.new_database().url, autocommit=True) as connection:
        way_postgresql.fill(connection, database)
        assert sorted(way_postgresql.listed(connection)) == sorted(way_ours.listed(database))
        assert peak(connection.info.backend_pid) > 0


def test_a_way_that_finds_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"ours": ["a@a.example"], "recursion": ["a@a.example", "b@a.example"], "sqlite": ["a@a.example"]}

    def go(way: str, *_: object) -> dict[str, Any]:
        return {"digest": digest_of(said[way]), "count": len(said[way]), "cpu": 1.0, "clock": 1.0, "peak": 1}

    monkeypatch.setattr(instead, "go", go)
    rows = list(instead.compare("3", Path(), [*said], turns=2, limit=1))
    assert [row[-1] for row in rows] == ["1 entries", "NO: 2 entries", "1 entries"]


def test_a_way_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    instead.write_mesh(tmp_path / "mesh.sqlite", 2000)
    assert instead.go("recursion", tmp_path / "mesh.sqlite", 0.5) == {"given_up": "after 0 s"}


def test_the_order_of_a_list_makes_no_difference_to_its_digest() -> None:
    assert digest_of(["a", "b"]) == digest_of(iter(["b", "a"])) != digest_of(["a"])
    assert go(lambda: ["b", "a"]).count == 2


def test_a_bound_holds_up_to_its_limit() -> None:
    assert Measured.at_most("work", 14.0, 14.0, "{:.1f} x").cells() == ("work", "14.0 x", "14.0 x", "yes")
    assert Measured.at_most("work", 14.1, 14.0, "{:.1f} x").cells() == ("work", "14.1 x", "14.0 x", "NO")
    assert Measured.at_most("work", 99.0, None, "{:.1f} x").cells() == ("work", "99.0 x", "", "")


def test_a_table_can_be_pasted() -> None:
    assert table(("a", "b"), [("1", "")]) == "| a | b |\n| --- | --- |\n| 1 | |\n"
