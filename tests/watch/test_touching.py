"""Reading what some addresses stand for comes to what reading everything comes to."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.addresses import normalise
from forwardresolve.config import Config
from forwardresolve.parts import read_part
from forwardresolve.reachability import resolve
from forwardresolve.scope import Scope
from forwardresolve.sdk import Secret
from forwardresolve.sources import read_all
from forwardresolve.watch.current import Current
from forwardresolve_backends.postfixadmin import PostfixAdmin
from forwardresolve_backends.sql import Queries, Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCALS = ("ann", "Ann", "ben", "ben+x", '"ann"', "john doe", '"john doe"', "straße", "strasse", "a,b", '"a\\,b"')
DOMAINS = ("a.example", "A.Example", "b.example.", "xn--mnchen-3ya.example", "münchen.example", " c.example")
OUTSIDE = ("out@far.example", "ann@a.example", "ben@b.example, out@far.example", "@c.example", "ann", "|cat", "")

ALWAYS = "z.example"

SCHEMA = """
CREATE TABLE {0}domain (domain, kind, active);
CREATE TABLE {0}twin (alias_domain, target_domain, active);
CREATE TABLE {0}mailbox (address, shields, active);
CREATE TABLE {0}forward (source, destination, postfix_table, active);
CREATE TABLE {0}transport (recipient, kind, active);
"""

addresses = st.builds(
    lambda local, domain, blank: f"{blank}{local}@{domain}",
    st.sampled_from((*LOCALS, "")),
    st.sampled_from(DOMAINS),
    st.sampled_from(("", "", " ")),
)
active = st.sampled_from((1, 1, 1, 0))
domain_rows = st.tuples(
    st.sampled_from(DOMAINS), st.sampled_from(("mailbox", "alias", "relay", "local", "discard")), active
)
twin_rows = st.tuples(st.sampled_from(DOMAINS), st.sampled_from(DOMAINS), active)
mailbox_rows = st.tuples(addresses, st.booleans(), active)
forward_rows = st.tuples(
    st.one_of(addresses, st.sampled_from(("root", "Ann"))),
    st.sampled_from(OUTSIDE),
    st.sampled_from(("virtual", "virtual", "virtual", "local", "canonical", "bcc", "sieve")),
    active,
)
transport_rows = st.tuples(
    st.one_of(addresses, st.sampled_from(DOMAINS), st.sampled_from((".a.example",))),
    st.sampled_from(("discard", "external")),
    active,
)
ROWS = {
    "domain": domain_rows,
    "twin": twin_rows,
    "mailbox": mailbox_rows,
    "forward": forward_rows,
    "transport": transport_rows,
}
KINDS = ("domain", "domain", "forward", "forward", "forward", "forward", "mailbox", "mailbox", "twin", "transport")


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, tuple[Any, ...]]:
    table = draw(st.sampled_from(KINDS))
    prefix = draw(st.sampled_from(("", "", "more_")))
    return prefix + table, draw(ROWS[table])


@attrs.frozen
class World:
    """Two sources in one database."""

    path: Path

    @classmethod
    def made(cls, path: Path, filled: list[tuple[str, tuple[Any, ...]]]) -> World:
        made = cls(path / "panel.db")
        with sqlite3.connect(made.path) as connection:
            connection.executescript(SCHEMA.format("") + SCHEMA.format("more_"))
            connection.execute("INSERT INTO domain VALUES (?, 'mailbox', 1)", (ALWAYS,))
        made.add(filled)
        return made

    def add(self, filled: list[tuple[str, tuple[Any, ...]]]) -> None:
        with sqlite3.connect(self.path) as connection:
            for table, row in filled:
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)

    def change(self, table: str, number: int, column: int, row: tuple[Any, ...] | None) -> Iterator[str]:
        """Remove or change a row; yield what a panel would touch."""
        with sqlite3.connect(self.path) as connection:
            found = connection.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchall()
            there = [each for each in found if each[1] != ALWAYS]  # without any domain nothing is read
            if not there:
                return
            rowid, *before = there[number % len(there)]
            yield before[0]
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
            if row is not None:
                after = [*before]
                after[column % len(after)] = row[column % len(after)]
                yield after[0]
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(after))})", after)

    def config(self) -> Config:
        return Config(sources={name: self._source(prefix) for name, prefix in (("one", ""), ("two", "more_"))})

    def _source(self, prefix: str) -> Sql:
        return Sql(
            url=Secret(f"sqlite:///{self.path}"),
            queries=Queries(
                domains=f"SELECT domain, kind, active FROM {prefix}domain;",
                alias_domains=f"SELECT * FROM {prefix}twin -- all of them: ':name' and '%'",
                mailboxes=f"SELECT address, shields, active FROM {prefix}mailbox",
                forwards=f"WITH f AS (SELECT * FROM {prefix}forward) SELECT * FROM f WHERE '%:x' <> ' :y'",
                transports=f"SELECT recipient, kind, active FROM {prefix}transport",
            ),
        )


def touched(text: str) -> str:
    """Return what a panel touches that has changed a row with this key."""
    try:
        address = normalise(text if "@" in text or text in ("root", "Ann") else f"@{text.removeprefix('.')}")
    except Exception:
        return ""
    return address


@settings(max_examples=40, deadline=None)
@given(
    st.lists(rows(), max_size=25),
    st.lists(
        st.tuples(
            rows(), st.integers(0, 30), st.integers(0, 4), st.sampled_from(("add", "remove", "change"))
        ),
        max_size=8,
    ),
)
def test_what_was_touched_is_read_as_by_a_whole_reading(
    filled: list[tuple[str, tuple[Any, ...]]],
    changes: list[tuple[tuple[str, tuple[Any, ...]], int, int, str]],
) -> None:
    with TemporaryDirectory() as directory:
        world = World.made(Path(directory), filled)
        config = world.config()
        current = Current()
        current.begin_reading()
        current.take(read_all(config))
        for (table, row), number, column, how in changes:
            if how == "add":
                world.add([(table, row)])
                keys = {row[0]}
            else:
                keys = {*world.change(table, number, column, row if how == "change" else None)}
            asked = {touched(key) for key in keys} - {""}
            scope = Scope.of(asked)
            current.begin_part()
            part = read_part(config, scope, current.live.graph.hosts)
            assert part is not None
            taken = current.take_part(part)
            whole = read_all(config)
            if taken is None:
                current.begin_reading()
                current.take(whole)
                continue
            fresh = resolve(whole.graph)
            assert current.live.addresses == fresh.addresses
            assert current.live.catch_alls == fresh.catch_alls
            assert list(current.live.entries()) == list(fresh.entries())
