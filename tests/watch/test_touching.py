"""Reading what some addresses stand for comes to what reading everything comes to."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from forwardresolve.addresses import normalise
from forwardresolve.config import Config
from forwardresolve.errors import AddressError
from forwardresolve.parts import read_part
from forwardresolve.reachability import resolve
from forwardresolve.scope import Scope
from forwardresolve.sdk import Secret
from forwardresolve.sources import read_all
from forwardresolve.watch.current import Current
from forwardresolve_backends.sql import Queries, Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCALS = (
    "ann",
    "Ann",
    "ben",
    "ben+x",
    '"ann"',
    "john doe",
    '"john doe"',
    "straße",
    "strasse",
    "a,b",
    '"a\\,b"',
)
DOMAINS = ("a.example", "A.Example", "b.example.", "xn--mnchen-3ya.example", "münchen.example", " c.example")
ACCOUNTS = ("root", "Ann")
OUTSIDE = (
    "out@far.example",
    "ann@a.example",
    "ben@b.example, out@far.example",
    "@c.example",
    "ann",
    "|cat",
    "",
)

ALWAYS = "z.example"

COLUMNS = {
    "domain": ("domain", "kind", "active"),
    "twin": ("alias_domain", "target_domain", "active"),
    "mailbox": ("address", "shields", "active"),
    "forward": ("source", "destination", "postfix_table", "active"),
    "transport": ("recipient", "kind", "active"),
}
TABLES = {name: sa.table(name, *map(sa.column, ("rowid", *columns))) for name, columns in COLUMNS.items()}
QUERIES = Queries(
    domains="SELECT domain, kind, active FROM domain;",
    alias_domains="SELECT * FROM twin -- all of them: ':name' and '%'",
    mailboxes="SELECT address, shields, active FROM mailbox",
    forwards="WITH f AS (SELECT * FROM forward) SELECT * FROM f WHERE '%:x' <> ' :y'",
    transports="SELECT recipient, kind, active FROM transport",
)
NAMES = ("one", "two")

Row = tuple[Any, ...]
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
    st.one_of(addresses, st.sampled_from(ACCOUNTS)),
    st.sampled_from(OUTSIDE),
    st.sampled_from(("virtual", "virtual", "virtual", "local", "canonical", "bcc")),
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
KINDS = (
    "domain",
    "domain",
    "forward",
    "forward",
    "forward",
    "forward",
    "mailbox",
    "mailbox",
    "twin",
    "transport",
)


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, str, Row]:
    table = draw(st.sampled_from(KINDS))
    return draw(st.sampled_from(NAMES)), table, draw(ROWS[table])


@attrs.frozen
class World:
    """Two sources, each in a database of its own."""

    path: Path

    @classmethod
    def made(cls, path: Path, filled: list[tuple[str, str, Row]]) -> World:
        made = cls(path)
        for name in NAMES:
            with made.open(name) as connection:
                for table, columns in COLUMNS.items():
                    connection.exec_driver_sql(f"CREATE TABLE {table} ({', '.join(columns)})")
        made.add(("one", "domain", (ALWAYS, "mailbox", 1)), *filled)
        return made

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[sa.Connection]:
        with sa.create_engine(
            f"sqlite:///{self.path}/{name}.db", poolclass=sa.NullPool
        ).begin() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            yield connection

    def add(self, *filled: tuple[str, str, Row]) -> None:
        for name, table, row in filled:
            with self.open(name) as connection:
                values = dict(zip(COLUMNS[table], row, strict=True))
                connection.execute(sa.insert(TABLES[table]).values(values))

    def change(self, name: str, table: str, number: int, column: int, row: Row | None) -> Iterator[str]:
        """Remove or change a row; yield the keys that it had and has."""
        target = TABLES[table]
        with self.open(name) as connection:
            found = connection.execute(sa.select(target).order_by(target.c.rowid)).fetchall()
        there = [each for each in found if each[1] != ALWAYS]  # without any domain nothing is read
        if there:
            rowid, *before = there[number % len(there)]
            with self.open(name) as connection:
                connection.execute(sa.delete(target).where(target.c.rowid == rowid))
            yield before[0]
            if row is not None:
                before[column % len(before)] = row[column % len(before)]
                self.add((name, table, tuple(before)))
                yield before[0]

    def config(self) -> Config:
        url = f"sqlite:///{self.path}/{{}}.db"
        return Config(sources={name: Sql(url=Secret(url.format(name)), queries=QUERIES) for name in NAMES})


def touched(key: str) -> Iterator[str]:
    """Yield what a panel touches that has changed a row with this key; nothing for one that is no address."""
    with contextlib.suppress(AddressError):
        yield normalise(key if "@" in key or key in ACCOUNTS else f"@{key.removeprefix('.')}")


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
    filled: list[tuple[str, str, Row]], changes: list[tuple[tuple[str, str, Row], int, int, str]]
) -> None:
    with TemporaryDirectory() as directory:
        world = World.made(Path(directory), filled)
        config = world.config()
        current = Current()
        current.begin_reading()
        current.take(read_all(config))
        for given_row, number, column, how in changes:
            name, table, row = given_row
            if how == "add":
                world.add(given_row)
                keys = [row[0]]
            else:
                keys = [*world.change(name, table, number, column, row if how == "change" else None)]
            scope = Scope.of([each for key in keys for each in touched(key)])
            current.begin_part()
            part = read_part(config, scope)
            assert part is not None
            taken = current.take_part(part)
            whole = read_all(config)
            event("whole" if taken is None else "part")
            if taken is None:
                current.begin_reading()
                current.take(whole)
                continue
            fresh = resolve(whole.graph)
            assert current.live.addresses == fresh.addresses
            assert current.live.catch_alls == fresh.catch_alls
            assert list(current.live.entries()) == list(fresh.entries())
