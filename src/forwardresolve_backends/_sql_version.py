"""The state of a database in a moment: what a query of the admin's answers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from forwardresolve_backends._sql_connection import Query, open_database

if TYPE_CHECKING:
    from forwardresolve.sdk import Secret


def version_of(url: Secret, query: str = "") -> str:
    """Return a text that is another one when the query answers something else.

    Args:
        url: The database.
        query: SQL; empty where there is none.

    Returns:
        The text; empty without a query.

    Raises:
        BackendError: The database does not answer, or refuses the query.
    """
    if not query:
        return ""
    digest = hashlib.sha256()
    with open_database(url) as database:
        _, chunks = database.ask(Query(query, "version_query", "check the SQL against the database"))
        for chunk in chunks:
            for row in chunk:
                digest.update(repr(tuple(row)).encode(errors="surrogatepass"))
    return digest.hexdigest()
