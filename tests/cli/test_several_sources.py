"""Several sources in one configuration are one mail host: two panels, and the host's own aliases."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

ALIASES = """\
root: root@gmail.example
info: bob@gmail.example
"""

PROGRAM = """\
import json, sys
lines = [line.partition(":") for line in open(sys.argv[1])]
records = [
    {"record": "forward", "source": name + "@example.net", "destinations": [rest.strip()],
     "origin": {"place": "aliases", "key": f"line {number}"}}
    for number, (name, _, rest) in enumerate(lines, 1)
]
for record in [*records, {"record": "end", "count": len(records), "schema_version": 1}]:
    print(json.dumps(record))
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a PostfixAdmin, a shard of another panel, and a file of aliases."""
    with closing(sqlite3.connect(tmp_path / "panel.db")) as panel, panel:
        panel.executescript("""
            CREATE TABLE domain (domain, backupmx, transport, active);
            CREATE TABLE alias_domain (alias_domain, target_domain, active);
            CREATE TABLE mailbox (username, active);
            CREATE TABLE alias (address, goto, active);
            INSERT INTO domain VALUES ('example.net', 0, 'virtual', 1);
            INSERT INTO mailbox VALUES ('ann@example.net', 1);
            INSERT INTO alias VALUES ('sales@example.net', 'shop@example.org', 1);
            INSERT INTO alias VALUES ('info@example.net', 'ann@example.net', 1);
        """)
    with closing(sqlite3.connect(tmp_path / "shard.db")) as shard, shard:
        shard.executescript("""
            CREATE TABLE hosted (domain);
            CREATE TABLE forwarding (source, destination);
            INSERT INTO hosted VALUES ('example.org');
            INSERT INTO forwarding VALUES ('shop@example.org', 'root@example.net');
            INSERT INTO forwarding VALUES ('box@example.org', 'ann@example.net');
        """)
    (tmp_path / "aliases").write_text(ALIASES)
    (tmp_path / "aliases.py").write_text(PROGRAM)
    file = tmp_path / "config.toml"
    file.write_text(f"""\
[source.panel]
backend = "postfixadmin"
url = "sqlite:///{tmp_path}/panel.db"

[source.shard]
backend = "sql"
url = "sqlite:///{tmp_path}/shard.db"
tables.domains = {{ table = "hosted" }}
tables.forwards = {{ table = "forwarding" }}

[source.host]
backend = "command"
program = ["{sys.executable}", "{tmp_path}/aliases.py", "{tmp_path}/aliases"]
""")
    return file


def test_an_address_of_one_source_forwards_over_another_into_a_third(run: Run, config: Path) -> None:
    done = run("build", "--config", str(config))

    assert done.lines == [
        "info@example.net",
        "root@example.net",
        "sales@example.net",
        "shop@example.org",
    ]
    assert "sources 3;" in done.err


def test_every_row_keeps_the_source_that_it_comes_from(run: Run, config: Path) -> None:
    told = [json.loads(line) for line in run("records", "--config", str(config)).lines]

    origins = {each["source"]: each["origin"] for each in told if each["record"] == "forward"}
    assert origins["sales@example.net"] == {"place": "alias", "source": "panel"}
    assert origins["shop@example.org"] == {"place": "forwarding", "source": "shard"}
    assert origins["root@example.net"] == {"place": "aliases", "key": "line 1", "source": "host"}
    explained = run("explain", "sales@example.net", "--config", str(config)).out
    for said in ("panel: alias", "shard: forwarding", "host: aliases (line 1)"):
        assert said in explained


def test_an_address_that_two_sources_define_is_a_finding_that_names_both(run: Run, config: Path) -> None:
    told = json.loads(run("build", "--config", str(config), "--format", "json").out)

    (found,) = [each for each in told["findings"] if each["id"] == "two-sources"]
    assert found["address"] == "info@example.net"
    assert "is defined by the sources host and panel; their destinations are united" in found["text"]


def test_one_source_that_cannot_be_read_is_named_and_nothing_is_listed(run: Run, config: Path) -> None:
    (config.parent / "aliases").unlink()

    done = run("build", "--config", str(config))

    assert (done.code, done.out) == (4, "")
    assert "source host: " in done.err
