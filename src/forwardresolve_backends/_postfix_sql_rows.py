"""Read the SQL tables of Postfix: their keys and values, formatted as Postfix formats them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends._postfix_sql_inversion import keys_of
from forwardresolve_backends._sql_connection import Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.sdk import Secret
    from forwardresolve_backends._postfix_databases import Databases
    from forwardresolve_backends._postfix_sql import SqlTable
    from forwardresolve_backends._postfix_sql_inversion import Question

_REMEDY: Final = "check the query of the table, and that this user may read what it names"
_PLACEHOLDER: Final = re.compile("%(.)")


def sql_entries(
    table: SqlTable, questions: Sequence[Question], databases: Databases
) -> Iterator[Entry | Remark]:
    """Read a table.

    Args:
        table: The table.
        questions: What gives its keys and values.
        databases: Where its database is opened.

    Raises:
        BackendError: The database cannot be read whole.
    """
    origin = Origin(table.name)
    counts: Counter[str] = Counter()
    damaged = 0
    for question in questions:
        query = Query(question.statement, table.name, _REMEDY)
        _, chunks = databases.of(table.urls).ask(query)
        for chunk in chunks:
            for row in chunk:
                texts = [_text(each) for each in row]
                damaged += any("\ufffd" in each for each in texts)
                values = texts[question.parts :][: 1 if table.kind == "sqlite" else None]
                key = keys_of(question, texts[: question.parts], table.domains)
                for value in values if key else ():
                    if made := _formatted(f"@{value}" if question.keeps_local else value, key, table):
                        if table.expansion_limit:
                            counts[key] += 1
                        yield Entry(key, made, origin)
    for key, count in counts.items():
        if count > table.expansion_limit:
            said = (
                f"{table.name} gives {count} values for {key}, over its expansion_limit; Postfix defers mail."
            )
            yield Remark("postfix-expansion-limit", said, key if "@" in key else "", origin)
    if damaged:
        said = f"{damaged} rows hold texts that are not UTF-8; what cannot be read in them is replaced."
        yield Remark("not-utf8", said, origin=origin)


def enumerated(name: str, statement: str, urls: Sequence[Secret], databases: Databases) -> Iterator[Entry]:
    """Read a table by a query of the admin's that gives a key and its values in each row.

    Args:
        name: What main.cf calls the table.
        statement: The query.
        urls: Where its database lies.
        databases: Where it is opened.

    Raises:
        BackendError: The database cannot be read whole.
    """
    origin = Origin(name)
    _, chunks = databases.of(urls).ask(Query(statement, f"enumerate {name}", "check the SQL"))
    for chunk in chunks:
        for row in chunk:
            key, *values = (_text(each) for each in row)
            for value in (values or [""]) if key else ():
                yield Entry(key.lower(), value, origin)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return "" if value is None else str(value)


def _formatted(value: str, key: str, table: SqlTable) -> str:
    """Apply result_format; a part that a value or key lacks makes it no answer (mysql_table(5))."""
    if table.result_format == "%s" or not value:
        return value
    parts = {"s": value, "S": key, "%": "%"}
    for text, local, domain in ((value, "u", "d"), (key, "U", "D")):
        name, at, rest = text.rpartition("@")
        parts |= {local: name if at else text, domain: rest if at else ""}
    used = {found[1] for found in _PLACEHOLDER.finditer(table.result_format)}
    if not all(parts[each] for each in used):
        return ""
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], table.result_format)
