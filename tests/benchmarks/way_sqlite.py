"""A recursive query: what each destination leads to as a table with an index, and a walk over it.

A single statement without that table takes a scan for each hop; this is what somebody writes who
knows the database. What differs between SQLite and PostgreSQL is how a list is split.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPLIT_IN_SQLITE: Final = """
CREATE TEMP TABLE arrow AS
SELECT source, destination, substr(destination, 1, instr(destination, '@') - 1) AS local,
       substr(destination, instr(destination, '@') + 1) AS domain
FROM (SELECT lower(address) AS source, trim(lower(each.value)) AS destination
      FROM alias, json_each('[' || replace(json_quote(goto), ',', '","') || ']') AS each
      WHERE active)
"""
_KEYS_IN_SQLITE: Final = """
INSERT INTO key SELECT source, substr(source, 1, instr(source, '@') - 1),
                       substr(source, instr(source, '@') + 1)
FROM (SELECT DISTINCT source FROM arrow)
"""
SPLIT_IN_POSTGRESQL: Final = """
CREATE TEMP TABLE arrow AS
SELECT source, destination, split_part(destination, '@', 1) AS local,
       split_part(destination, '@', 2) AS domain
FROM (SELECT lower(address) AS source, trim(unnest(string_to_array(lower(goto), ','))) AS destination
      FROM alias WHERE active = 1) AS split
"""
KEYS_IN_POSTGRESQL: Final = """
INSERT INTO key SELECT source, split_part(source, '@', 1), split_part(source, '@', 2)
FROM (SELECT DISTINCT source FROM arrow) AS sources
"""


def statements(split: str, keys: str) -> tuple[Sequence[str], str]:
    """Return what prepares the walk, and the walk itself.

    Args:
        split: Makes the table arrow of the rows.
        keys: Fills the table key.
    """
    return (
        split,
        "CREATE TEMP TABLE key (address TEXT PRIMARY KEY, local TEXT, domain TEXT)",
        keys,
        "CREATE TEMP TABLE twin (alias TEXT PRIMARY KEY, target TEXT)",
        _TWINS,
        "CREATE TEMP TABLE hosted (name TEXT PRIMARY KEY)",
        "INSERT INTO hosted SELECT lower(domain) FROM domain UNION SELECT alias FROM twin",
        *(f"ANALYZE {table}" for table in ("arrow", "key", "twin", "hosted")),
        _EDGES,
        "CREATE INDEX edge_target ON edge (target)",
        "ANALYZE edge",
    ), _WALK


_TWINS: Final = """
INSERT INTO twin SELECT lower(alias_domain), lower(target_domain) FROM alias_domain WHERE active = 1
"""
_EDGES: Final = """
CREATE TEMP TABLE edge AS
SELECT arrow.source,
       COALESCE(own.address, twins.address, twins_all.address, every.address,
                CASE WHEN hosted.name IS NULL THEN 'outside' END) AS target
FROM arrow
LEFT JOIN key AS own ON own.address = arrow.destination
LEFT JOIN twin ON twin.alias = arrow.domain
LEFT JOIN key AS twins ON twins.address = arrow.local || '@' || twin.target
LEFT JOIN key AS twins_all ON twins_all.address = '@' || twin.target
LEFT JOIN key AS every ON every.address = '@' || arrow.domain
LEFT JOIN hosted ON hosted.name = arrow.domain
"""
_WALK: Final = """
WITH RECURSIVE leaving (address) AS (
    SELECT 'outside' UNION SELECT edge.source FROM leaving JOIN edge ON edge.target = leaving.address
), found AS (SELECT key.address, key.local, key.domain FROM leaving JOIN key ON key.address = leaving.address)
SELECT found.address FROM found JOIN hosted ON hosted.name = found.domain
UNION ALL
SELECT found.local || '@' || twin.alias FROM found JOIN twin ON twin.target = found.domain
"""


def listed(database: str) -> list[str]:
    """Return what SQLite finds."""
    prepare, walk = statements(_SPLIT_IN_SQLITE, _KEYS_IN_SQLITE)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        for statement in prepare:
            connection.execute(statement)
        return [address for (address,) in connection.execute(walk)]
