"""Read what an installed Postfix itself reads: its main.cf and the tables that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 (the fields are read at run time)
from contextlib import ExitStack, contextmanager
from pathlib import Path  # noqa: TC003 (as above)
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve_backends._file_memory import Memory
from forwardresolve_backends._postfix_cf import without_proxy
from forwardresolve_backends._postfix_commands import Commands
from forwardresolve_backends._postfix_databases import Databases
from forwardresolve_backends._postfix_probing import Candidates
from forwardresolve_backends._postfix_reading import Reading
from forwardresolve_backends._postfix_tables import Opener
from forwardresolve_backends._postfix_version import version_of_reading
from forwardresolve_backends.aliases import Included  # noqa: TC001 (the fields are read at run time)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.sdk import Record


def _positive(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if value <= 0:
        msg = "must be more than 0 seconds"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Postfix:
    """Reads the configuration of a Postfix and the tables that it names.

    Tables are named as main.cf names them, with ``proxy:`` or without.

    Args:
        config_dir: Where its main.cf lies; without it where postconf finds it.
        leave_out: Tables that are left out, with a remark.
        probe: Tables that cannot be listed, and are asked for the keys that other tables name.
        enumerate: What lists a table that cannot be listed otherwise, by the table's name: for a
            database, SQL that gives a key and a value in each row; for any other, a program and its
            arguments that print a key, a tab and a value on each line.
        hosted_domains: Domains that are hosted though no list that can be read names them.
        timeout: Seconds until a program of Postfix must have ended.
    """

    config_dir: Path | None = None
    leave_out: Sequence[str] = ()
    probe: Sequence[str] = ()
    enumerate: Mapping[str, str | Sequence[str]] = attrs.Factory(dict)
    hosted_domains: Sequence[str] = ()
    timeout: float = attrs.field(default=300.0, validator=_positive)
    _included: Included = attrs.field(factory=Memory, init=False, repr=False, eq=False)

    def records(self) -> Iterator[Record]:
        """Read everything that decides where mail goes.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: postconf or postmap is missing, or refuses the configuration, or a
                table cannot be read in any way; all such tables are told at once.
            BackendUnavailable: A program does not end in time, or a table's file is not there.
            BackendIncomplete: A file was changed while it was read.
        """
        with self._reading() as reading:
            yield from reading.records()

    def version(self) -> str:
        """Return a text that is another one when main.cf, a table's file or an included list changes.

        Returns:
            The text; empty where a table cannot tell: a server other than a directory answers for
            it, or what lists it is a program or a query of yours.

        Raises:
            BackendError: As in `records`.
        """
        with self._reading() as reading:
            return version_of_reading(reading, self._included)

    @contextmanager
    def _reading(self) -> Iterator[Reading]:
        commands = Commands(self.config_dir, self.timeout)
        main_cf = commands.main_cf()
        leave_out = frozenset(map(without_proxy, self.leave_out))
        with ExitStack() as stack:
            opener = Opener(
                main_cf,
                commands,
                frozenset(map(without_proxy, self.probe)),
                Candidates(),
                {without_proxy(table): how for table, how in self.enumerate.items()},
                Databases(stack),
            )
            yield Reading(main_cf, opener, leave_out, self.hosted_domains)
