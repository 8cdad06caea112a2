"""Queries of SQL tables are turned round, and give the keys and values that Postfix finds."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.sdk import BackendUnavailable, Remark, Secret
from forwardresolve_backends._postfix_cf import MainCf
from forwardresolve_backends._postfix_databases import Databases
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends._postfix_ldap import NeverAnswers, NotInvertible
from forwardresolve_backends._postfix_sql import read_sql_table
from forwardresolve_backends._postfix_sql_inversion import invert_sql
from forwardresolve_backends._postfix_sql_rows import enumerated, sql_entries
from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve_backends._postfix_sql import SqlTable

SCHEMA: Final = """
CREATE TABLE alias (address TEXT, goto TEXT, active INTEGER);
INSERT INTO alias VALUES ('u@a.example', 'x@ext.example', 1),
    ('u@a.example', 'y@ext.example,z@ext.example', 1), ('off@a.example', 'x@ext.example', 0),
    ('Caps@a.example', 'x@ext.example', 1),
    ('none@a.example', NULL, 1),
    ('empty@a.example', '', 1), ('@c.example', 'all@ext.example', 1),
    ('bare', 'u@a.example', 1),
    ('odd%@a.example', 'root', 1), ('w@cxexample', 'x@ext.example', 1);
CREATE TABLE alias_domain (alias_domain TEXT, target_domain TEXT);
INSERT INTO alias_domain VALUES ('twin.example', 'a.example'), ('t2.example', 'c.example'),
    ('t3.example', 'c_example');
CREATE TABLE part (name TEXT, domain TEXT, goto TEXT);
INSERT INTO part VALUES ('p', 'a.example', 'p@ext.example'), ('q', 'c.example', 'q@ext.example');
"""
ALIASES: Final = {
    "u@a.example": {"x@ext.example", "y@ext.example,z@ext.example"},
    "@c.example": {"all@ext.example"},
    "bare": {"u@a.example"},
    "odd%@a.example": {"root"},
    "w@cxexample": {"x@ext.example"},
}
ADDRESSES: Final = {key: value for key, value in ALIASES.items() if not key.startswith("@") and "@" in key}

TURNED: Final = [
    ("query = SELECT goto FROM alias WHERE address='%s' AND active = 1", ALIASES),
    (
        "query = SELECT a.goto FROM alias AS a WHERE '%s' = a.address AND (a.active = 1);",
        ALIASES,
    ),
    (
        (
            "query = select goto from alias where lower(address)=lower('%s')"
            " and goto not like 'C%%' and active and address <> 'Caps@a.example'"
        ),
        ALIASES,
    ),
    ("query = SELECT goto, active FROM alias WHERE address='%u@%d' AND active <> 0", ADDRESSES),
    ("query = SELECT goto FROM alias WHERE address = '%u' || '@' || '%d' AND active = 1", ADDRESSES),
    (
        "select_field = goto\ntable = alias\nwhere_field = address\nadditional_conditions = AND active = 1",
        ALIASES,
    ),
    (
        "query = SELECT goto FROM alias WHERE address='%s' AND active = 1\ndomain = a.example, b.example",
        {key: value for key, value in ADDRESSES.items() if key.endswith("@a.example")},
    ),
    (
        "query = SELECT goto FROM alias WHERE address='%s' AND active = 1\nresult_format = %u@%D",
        {
            "u@a.example": {"x@a.example", "y@ext.example,z@a.example"},
            "@c.example": {"all@c.example"},
            "odd%@a.example": {"root@a.example"},
            "w@cxexample": {"x@cxexample"},
        },
    ),
    (
        "query = SELECT goto FROM part WHERE name='%u' AND domain='%d'",
        {"p@a.example": {"p@ext.example"}, "q@c.example": {"q@ext.example"}},
    ),
    (
        (
            "query = SELECT goto FROM alias, alias_domain WHERE alias_domain.alias_domain = '%d'"
            " AND alias.address = '%u' || '@' || alias_domain.target_domain AND active = 1"
        ),
        {"u@twin.example": ALIASES["u@a.example"], "odd%@twin.example": {"root"}},
    ),
    (
        (
            "query = SELECT goto FROM alias JOIN alias_domain ON address = '@' || target_domain"
            " WHERE alias_domain = '%d' -- the catch-all\n"
        ),
        {"@t2.example": {"all@ext.example"}},
    ),
    ("query = SELECT goto FROM alias WHERE address='@%d'", {"@c.example": {"all@ext.example"}}),
    (
        "query = SELECT '%u@' || target_domain FROM alias_domain WHERE alias_domain = '%d'",
        {"@twin.example": {"@a.example"}, "@t2.example": {"@c.example"}, "@t3.example": {"@c_example"}},
    ),
    (
        "query = SELECT goto FROM alias WHERE (address='%s' AND active) OR (active AND address = '%u@%d')",
        ADDRESSES,
    ),
    (
        (
            "query = SELECT goto FROM alias WHERE address='%s' AND active = 1 UNION ALL"
            " SELECT goto FROM part WHERE name='%u' AND domain='%d'"
        ),
        {**ADDRESSES, "p@a.example": {"p@ext.example"}, "q@c.example": {"q@ext.example"}},
    ),
]
REFUSED: Final = [
    ("", "has no query"),
    ("query = UPDATE alias SET goto = '%s'", "no plain SELECT"),
    ("query = SELECT goto FROM alias WHERE address = '%s' LIMIT 1", "a query with LIMIT"),
    ("query = SELECT * FROM alias WHERE address = '%s'", r"selects \*"),
    ("query = SELECT '%s' FROM alias WHERE address = '%s'", "selects the key itself"),
    ("query = SELECT '%u@' || goto FROM alias WHERE address = '%s'", "asks for more than its domain"),
    ("query = SELECT goto FROM f('%s') WHERE 1", "elsewhere than behind WHERE"),
    ("query = SELECT goto FROM alias", "answers whatever the key is"),
    ("query = SELECT goto FROM alias WHERE '%s' LIKE address", "cannot be read backwards"),
    ("query = SELECT goto FROM alias WHERE address = '%s' || goto", "cannot be read backwards"),
    ("query = SELECT goto FROM alias WHERE address = substr('%s', 1)", "cannot be read backwards"),
    ("query = SELECT goto FROM alias WHERE NOT (address = '%s')", "cannot be read backwards"),
    ("query = SELECT goto FROM alias WHERE address = '%1'", "a query with %1"),
    ("query = SELECT goto FROM alias WHERE address = '%u'", "compares columns with %u"),
    ("query = SELECT goto FROM alias WHERE address = '%s' AND goto = '%s'", "several columns"),
    (
        "query = SELECT goto FROM alias WHERE address = '%s' OR address = '@%d'",
        "the address and for its domain alone",
    ),
    (
        "query = SELECT goto FROM alias WHERE address = '@%d'\nresult_format = %U@b",
        "the key in its result_format",
    ),
    ("query = SELECT goto FROM alias WHERE address = '%s'\nresult_format = fixed", "result_format = fixed"),
    ("query = SELECT goto FROM alias WHERE address = '%s'\nexpansion_limit = few", "no number"),
    ("query = SELECT goto FROM alias WHERE address = '%s'\ndomain = hash:/x", "list of domains"),
    (
        "query = SELECT goto FROM alias WHERE " + " AND ".join(["(address = '%s' OR goto = '%u')"] * 7),  # noqa: S608 (of a test)
        "more than 64 ways",
    ),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "mail.db")) as connection:
        connection.executescript(SCHEMA)
    return tmp_path / "mail.db"


def table(path: Path, text: str) -> SqlTable:
    path.write_text(text)
    return read_sql_table(f"sqlite:{path}", MainCf(path, {}))


def entries(read: SqlTable, role: str = "virtual", delimiters: str = "+") -> list[Entry | Remark]:
    with ExitStack() as stack:
        return [*sql_entries(read, invert_sql(read, role, delimiters), Databases(stack))]


def by_key(rows: list[Entry | Remark]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        assert isinstance(row, Entry)
        found.setdefault(row.key, set()).add(str(row.value))
    return found


@pytest.mark.parametrize(("parameters", "expected"), TURNED)
def test_a_query_is_turned_round(
    parameters: str, expected: dict[str, set[str]], database: Path, tmp_path: Path
) -> None:
    assert by_key(entries(table(tmp_path / "t.cf", f"dbpath = {database}\n{parameters}\n"))) == expected


@pytest.mark.live
@pytest.mark.parametrize(("parameters", "expected"), TURNED)
def test_postmap_finds_what_was_read(
    parameters: str, expected: dict[str, set[str]], database: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.cf").write_text(f"dbpath = {database}\n{parameters}\n")
    domains = ("a.example", "c.example", "twin.example", "t2.example", "t3.example", "b.example", "cxexample")
    locals_ = ("u", "off", "caps", "none", "empty", "odd%", "p", "q", "w", "nobody")
    asked = ["bare", *(f"@{domain}" for domain in domains)]
    asked += [f"{local}@{domain}" for local in locals_ for domain in domains]
    postmap = [find_program("postmap", "postfix-sqlite"), "-q", "-", f"sqlite:{tmp_path}/t.cf"]
    done = subprocess.run(postmap, input="\n".join(asked), capture_output=True, text=True, check=True)
    said = dict(line.split("\t") for line in done.stdout.splitlines())
    alone = "%s" not in parameters and "select_field" not in parameters
    for key in asked:
        local, _, domain = key.rpartition("@")
        whole = {f"{local}{each}" if each[0] == "@" else each for each in expected.get(f"@{domain}", ())}
        if alone and not local:
            continue  # it stands for all addresses of the domain
        values = expected.get(key) or (whole if alone else set())
        assert set(filter(None, said.get(key, "").split(","))) == {
            x for each in values for x in each.split(",")
        }, key


@pytest.mark.parametrize(("parameters", "complaint"), REFUSED)
def test_another_query_is_refused(parameters: str, complaint: str, database: Path, tmp_path: Path) -> None:
    with pytest.raises(NotInvertible, match=complaint):
        entries(table(tmp_path / "t.cf", f"dbpath = {database}\n{parameters}\n"))


def test_a_table_without_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotInvertible, match="no dbpath"):
        table(tmp_path / "t.cf", "query = SELECT 1")


def test_a_domain_is_never_asked_for_its_own_domain(database: Path, tmp_path: Path) -> None:
    query = "SELECT goto FROM part WHERE domain = '%d'"
    read = table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}")
    with pytest.raises(NeverAnswers, match="never knows"):
        entries(read, "domain")


def test_a_name_is_asked_for_by_its_local_part_where_there_are_no_addresses(
    database: Path, tmp_path: Path
) -> None:
    query = "SELECT goto FROM part WHERE name = '%u'"
    read = table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}")
    assert by_key(entries(read, "local")) == {"p": {"p@ext.example"}, "q": {"q@ext.example"}}


@pytest.mark.parametrize(
    ("delimiters", "condition", "alone"),
    [
        ("+", "", True),
        ("", "", False),
        ("+", " AND '%u' NOT LIKE '%%+%%'", False),
        ("+-", " AND '%u' NOT LIKE '%%+%%'", True),
    ],
)
def test_a_domain_alone_is_asked_for_before_extensions_are_taken_off(
    delimiters: str,
    condition: str,
    alone: bool,  # noqa: FBT001 (pytest gives it by name)
    database: Path,
    tmp_path: Path,
) -> None:
    query = f"SELECT goto FROM part WHERE domain = '%d'{condition}"  # noqa: S608 (of a test)
    read = table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}")
    assert [each.domain_alone for each in invert_sql(read, "virtual", delimiters)] == [alone]


def test_more_values_than_the_limit_are_a_remark(database: Path, tmp_path: Path) -> None:
    query = "SELECT goto FROM alias WHERE address = '%s' AND active = 1"
    read = table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}\nexpansion_limit = 1")
    remarks = [each for each in entries(read) if isinstance(each, Remark)]
    assert [(each.id, each.address) for each in remarks] == [("postfix-expansion-limit", "u@a.example")]


def test_a_text_that_is_not_utf8_is_a_remark(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO part VALUES ('r', 'a.example', CAST(x'ff40622e6578616d706c65' AS TEXT))"
        )
    query = "SELECT goto FROM part WHERE name = '%u' AND domain = '%d'"
    rows = entries(table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}"))
    assert [each.id for each in rows if isinstance(each, Remark)] == ["not-utf8"]


def test_a_query_of_the_admins_gives_keys_and_values(database: Path) -> None:
    with ExitStack() as stack:
        urls = (Secret(f"sqlite:///{database}"),)
        statement = (
            "SELECT name || '@' || domain, goto FROM part UNION SELECT NULL, 'x' UNION SELECT 'K@a', NULL"
        )
        found = [*enumerated("mysql:x", statement, urls, Databases(stack))]
    pairs = sorted((each.key, each.value) for each in found)
    assert pairs == [("k@a", ""), ("p@a.example", "p@ext.example"), ("q@c.example", "q@ext.example")]


def test_a_query_of_domains_needs_no_values(database: Path) -> None:
    with ExitStack() as stack:
        found = [
            *enumerated(
                "mysql:x", "SELECT domain FROM part", (Secret(f"sqlite:///{database}"),), Databases(stack)
            )
        ]
    assert sorted(each.key for each in found) == ["a.example", "c.example"]


MYSQL: Final = "user = reader\npassword = p@ss/w:rd\ndbname = mail\nquery = SELECT 1\n"


@pytest.mark.parametrize(
    ("kind", "parameters", "urls"),
    [
        ("mysql", "", ["mysql://reader:p%40ss%2Fw%3Ard@localhost/mail"]),
        (
            "mysql",
            "hosts = inet:db1:3307 unix:/run/mysqld.sock\ntls_CAfile = /ca.pem",
            [
                "mysql://reader:p%40ss%2Fw%3Ard@db1:3307/mail?ssl_ca=/ca.pem",
                "mysql://reader:p%40ss%2Fw%3Ard@/mail?unix_socket=/run/mysqld.sock",
            ],
        ),
        ("pgsql", "hosts = unix:/run/pg", ["postgresql://reader:p%40ss%2Fw%3Ard@/mail?host=/run/pg"]),
        ("pgsql", "hosts = postgresql://u:p@db/mail", ["postgresql://u:p@db/mail"]),
    ],
)
def test_the_login_of_the_table_becomes_a_url(
    kind: str, parameters: str, urls: list[str], tmp_path: Path
) -> None:
    (tmp_path / "t.cf").write_text(f"{MYSQL}{parameters}\n")
    read = read_sql_table(f"{kind}:{tmp_path}/t.cf", MainCf(tmp_path, {}))
    assert [each.reveal() for each in read.urls] == urls
    assert "p@ss" not in repr(read)


def test_of_several_hosts_the_first_that_answers_is_read(database: Path) -> None:
    nobody = Secret("postgresql://u:p@127.0.0.1:1/mail?connect_timeout=1")
    with ExitStack() as stack:
        databases = Databases(stack)
        assert databases.of((nobody, Secret(f"sqlite:///{database}"))) is databases.of(
            (nobody, Secret(f"sqlite:///{database}"))
        )
        with pytest.raises(BackendUnavailable):
            databases.of((nobody,))


@pytest.mark.parametrize(
    ("kind", "query", "statement"),
    [
        (
            "mysql",
            (
                "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain='%d' AND alias.address="
                "CONCAT('%u', '@', alias_domain.target_domain) AND alias.active BETWEEN 1 AND 2"
            ),
            "SELECT alias . address , alias_domain . target_domain , alias_domain . alias_domain, goto",
        ),
        ("mysql", 'SELECT goto FROM alias WHERE address = "%s"', "SELECT address, goto FROM alias WHERE"),
        ("pgsql", "SELECT goto FROM alias WHERE address = ('%s')::text", "SELECT address, goto FROM alias"),
        ("pgsql", "SELECT goto FROM alias WHERE address = ('%s')", "SELECT address, goto FROM alias"),
    ],
)
def test_the_ways_of_each_database_to_write_are_known(
    kind: str, query: str, statement: str, tmp_path: Path
) -> None:
    (tmp_path / "t.cf").write_text(f"query = {query}\n")
    read = read_sql_table(f"{kind}:{tmp_path}/t.cf", MainCf(tmp_path, {}))
    question = invert_sql(read, "virtual", "+")[0]
    assert question.statement.replace(" ", "").startswith(statement.replace(" ", ""))
    assert ("BETWEEN 1 AND 2" in question.statement) == ("BETWEEN" in query)


def test_brackets_that_do_not_match_are_refused(database: Path, tmp_path: Path) -> None:
    query = "SELECT goto FROM alias WHERE (x = '%s'"
    with pytest.raises(NotInvertible):
        entries(table(tmp_path / "t.cf", f"dbpath = {database}\nquery = {query}\n"))
