"""The databases of SQL tables: each is opened once, in one transaction, whatever tables it holds."""

from __future__ import annotations

from contextlib import ExitStack  # noqa: TC003 (attrs reads the fields)
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve.sdk import BackendUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.sdk import Secret
    from forwardresolve_backends._sql_connection import Database


@attrs.frozen
class Databases:
    """The databases that are open.

    Args:
        stack: What closes them.
    """

    stack: ExitStack
    _open: dict[tuple[str, ...], Any] = attrs.field(factory=dict, init=False, repr=False)

    def of(self, urls: Sequence[Secret]) -> Database:
        """Return a database, opened if it is not open yet; of several urls the first that answers.

        Raises:
            BackendError: None can be opened; the last one's reason.
        """
        from forwardresolve_backends._sql_connection import open_database  # brings SQLAlchemy

        name = tuple(each.reveal() for each in urls)
        for url in urls if name not in self._open else ():
            try:
                self._open[name] = self.stack.enter_context(open_database(url))
                break
            except BackendUnavailable:
                if url is urls[-1]:
                    raise
        database: Database = self._open[name]
        return database
