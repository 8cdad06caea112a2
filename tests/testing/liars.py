"""Backends that break one promise each; all of them are a `RowFile` but for their lie."""

from __future__ import annotations

import itertools
import json
import logging
import subprocess
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Mailbox,
    Origin,
    Record,
    Remark,
    Scope,
    Site,
    Transport,
)
from testing.sources import RowFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NUMBERS = itertools.count()

KEPT: list[Any] = []
"""What liars do not let go; a test empties it."""


@attrs.frozen
class LosesApostrophes(RowFile):
    """Leaves out rows that it would have to quote."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record(() if "'" in row[1] else row)


@attrs.frozen
class TakesTheFirstDestination(RowFile):
    """Reads one destination of a list."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record((*row[:2], row[2][:1], row[3]) if row[0] == "forward" else row)


@attrs.frozen
class InventsDomains(RowFile):
    """Adds what no row says."""

    def records(self) -> Iterator[Record]:
        yield Domain("localhost")
        yield from super().records()


@attrs.frozen
class CallsDomainsRelayed(RowFile):
    """Says a wrong kind."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        for record in super().record(row):
            yield attrs.evolve(record, kind="relay") if isinstance(record, Domain) else record


@attrs.frozen
class NeedsRows(RowFile):
    """Takes an empty source for a failing one."""

    def records(self) -> Iterator[Record]:
        records = list(super().records())
        if not records:
            msg = "nothing came"
            raise BackendIncomplete(msg)
        yield from records


@attrs.frozen
class Remembers(RowFile):
    """Reads once and gives that for ever."""

    memory: ClassVar[dict[object, list[Record]]] = {}

    def records(self) -> Iterator[Record]:
        if self.path not in self.memory:
            self.memory[self.path] = list(super().records())
        return iter(self.memory[self.path])


@attrs.frozen
class ReadsOnce(RowFile):
    """Has nothing to say the second time."""

    _spent: list[bool] = attrs.field(factory=list, init=False, eq=False, repr=False)

    def records(self) -> Iterator[Record]:
        if not self._spent:
            self._spent.append(True)
            yield from super().records()


@attrs.frozen
class ChangesAllTheTime(RowFile):
    """Tells something else whenever it is asked."""

    def version(self) -> str:
        return f"{next(_NUMBERS)}"


@attrs.frozen
class TellsASize(RowFile):
    """Takes a file for the same that is as long as before."""

    def version(self) -> str:
        return f"{self.path.stat().st_size}"


@attrs.frozen
class TellsANumber(RowFile):
    """Tells what is no text."""

    def version(self) -> str:
        number: Any = self.path.stat().st_size
        return number  # type: ignore[no-any-return]


@attrs.frozen
class LooksForTheLetter(RowFile):
    """Finds an address only as it is asked for."""

    def records_of(self, scope: Scope) -> Iterator[Record]:
        for record in self.records():
            key = getattr(record, "source", None) or getattr(record, "address", None)
            if key is None or key in scope.keys:
                yield record


@attrs.frozen
class ReadsWhatIsNotThere(RowFile):
    """Gives a mailbox to every address."""

    def records_of(self, scope: Scope) -> Iterator[Record]:
        yield from self.records()
        yield from (Mailbox(each) for each in scope.keys)


@attrs.frozen
class ReadsPairs(RowFile):
    """Gives pairs where addresses are asked for."""

    def records_of(self, scope: Scope) -> Iterator[Record]:
        pair: Any = ("mailbox", *scope.keys)
        yield pair


class _Blind(RowFile):
    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record(row if self.sees(row[1]) else ())

    def sees(self, text: str) -> bool:
        raise NotImplementedError


@attrs.frozen
class BlindForUpperCase(_Blind):
    """Compares what it should fold."""

    def sees(self, text: str) -> bool:
        return text == text.lower()


@attrs.frozen
class BlindForIdn(_Blind):
    """Knows ASCII only."""

    def sees(self, text: str) -> bool:
        return text.isascii()


@attrs.frozen
class BlindForDots(_Blind):
    """Wants a domain to end in a letter."""

    def sees(self, text: str) -> bool:
        return not text.endswith(".")


@attrs.frozen
class BlindForBlanks(_Blind):
    """Wants an address to begin with a letter."""

    def sees(self, text: str) -> bool:
        return not text.startswith(" ")


@attrs.frozen
class ReadsInactiveForwards(RowFile):
    """Does not ask whether a forwarding is switched on."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record((*row[:3], 1) if row[0] == "forward" else row)


@attrs.frozen
class ReadsInactiveMailboxes(RowFile):
    """Does not ask whether a mailbox is switched on."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record((*row[:2], 1) if row[0] == "mailbox" else row)


@attrs.frozen
class DropsInactiveDomains(RowFile):
    """Makes the addresses of a domain external that is switched off."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record(() if row[0] == "domain" and not row[2] else row)


@attrs.frozen
class DropsDomainAliases(RowFile):
    """Does not know alias domains."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record(() if row[0] == "twin" else row)


@attrs.frozen
class CutsLists(RowFile):
    """Reads a column that is too short for a long list."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        return super().record((*row[:2], row[2][:100], row[3]) if row[0] == "forward" else row)


@attrs.frozen
class Hoards(RowFile):
    """Holds every row before it gives the first."""

    def records(self) -> Iterator[Record]:
        yield from list(super().records())


@attrs.frozen
class GivesOnePage(RowFile):
    """Stops behind the first thousand rows."""

    def records(self) -> Iterator[Record]:
        for _, record in zip(range(1000), super().records(), strict=False):
            yield record


@attrs.frozen
class SwallowsErrors(RowFile):
    """Takes a source that fails for one that is empty."""

    def records(self) -> Iterator[Record]:
        try:
            yield from super().records()
        except (BackendUnavailable, BackendIncomplete):
            return


@attrs.frozen
class EndsEarly(RowFile):
    """Notices that a source is gone, but not that it goes."""

    def records(self) -> Iterator[Record]:
        count = 0
        try:
            for count, record in enumerate(super().records(), 1):  # noqa: B007 (the last one counts)
                yield record
        except (BackendUnavailable, BackendIncomplete):
            if not count:
                raise


@attrs.frozen
class LetsErrorsOut(RowFile):
    """Raises what its library raises."""

    def records(self) -> Iterator[Record]:
        try:
            yield from super().records()
        except BackendIncomplete as error:
            raise EOFError from error


@attrs.frozen
class CallsRefusalsOutages(RowFile):
    """Sends the admin to the wrong place."""

    def records(self) -> Iterator[Record]:
        try:
            yield from super().records()
        except BackendMisconfigured as error:
            raise BackendUnavailable(*error.args) from error


@attrs.frozen
class ShowsItsToken(RowFile):
    """Puts a secret into its repr."""

    def __repr__(self) -> str:
        """Lie."""
        return f"ShowsItsToken({self.token.reveal()})"


@attrs.frozen
class TellsItsToken(RowFile):
    """Puts a secret into a message."""

    def records(self) -> Iterator[Record]:
        try:
            yield from super().records()
        except BackendMisconfigured as error:
            msg = f"{self.path} refuses {self.token.reveal()}"
            raise BackendMisconfigured(msg) from error


@attrs.frozen
class LogsItsToken(RowFile):
    """Puts a secret into the log."""

    def records(self) -> Iterator[Record]:
        logging.getLogger("liar").debug("reading with %s", self.token.reveal())
        return super().records()


@attrs.frozen
class SignsWithItsToken(RowFile):
    """Puts a secret into the origin of a row."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        origin = Origin(f"{self.path}?token={self.token.reveal()}")
        return (attrs.evolve(each, origin=origin) for each in super().record(row))


@attrs.frozen
class HasAPlainToken(RowFile):
    """Makes a secret an option like any other."""

    api_token: str = "t0ken"  # noqa: S105 (it is the lie)


@attrs.frozen
class KeepsTheFileOpen(RowFile):
    """Opens the file once more and holds on to it."""

    def records(self) -> Iterator[Record]:
        KEPT.append(self.path.open())
        return super().records()


@attrs.frozen
class ForgetsTheFile(RowFile):
    """Leaves closing to the garbage collector."""

    def records(self) -> Iterator[Record]:
        json.dumps(self.path.open(encoding="utf-8").readline())
        return super().records()


@attrs.frozen
class LeavesAThread(RowFile):
    """Starts a thread that does not end."""

    def records(self) -> Iterator[Record]:
        end = threading.Event()
        KEPT.append(end)
        threading.Thread(target=end.wait, daemon=True).start()
        return super().records()


@attrs.frozen
class LeavesAProgram(RowFile):
    """Starts a program and does not wait for it."""

    def records(self) -> Iterator[Record]:
        KEPT.append(subprocess.Popen(["true"]))
        return super().records()


def _one_more(given: int) -> int:
    return given + 1


@attrs.frozen
class ChangesItsOptions(RowFile):
    """Makes another value of an option than was given."""

    retries: int = attrs.field(default=1, converter=_one_more)


@attrs.define
class CanBeChanged:
    """Is no value."""

    path: Path

    def records(self) -> Iterator[Record]:
        return RowFile(self.path).records()


class IsNoAttrsClass:
    """Could not be made from a table of options."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> Iterator[Record]:
        return RowFile(self.path).records()


@attrs.frozen
class YieldsTuples(RowFile):
    """Yields rows instead of records."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        yield tuple(row)  # type: ignore[misc] # it is the lie


@attrs.frozen
class ReturnsNothing(RowFile):
    """Forgets to yield."""

    def records(self) -> Iterator[Record]:
        for _ in super().records():
            pass
        return None  # type: ignore[return-value] # it is the lie


@attrs.frozen
class YieldsNoText(RowFile):
    """Hands on what a column holds, be it text or not."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        for record in super().record(row):
            match record:
                case Domain():
                    yield Domain(None)  # type: ignore[arg-type] # it is the lie
                case Mailbox():
                    yield Mailbox(7)  # type: ignore[arg-type] # it is the lie
                case _:
                    yield record


@attrs.frozen
class UsesAnotherTable(RowFile):
    """Calls a virtual alias a canonical one."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        for record in super().record(row):
            yield attrs.evolve(record, table="canonical") if isinstance(record, Forward) else record


@attrs.frozen
class RewritesDomains(RowFile):
    """Tells the truth about a panel whose alias domains rewrite addresses."""

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        if row[0] == "twin":
            yield Domain(row[1])
            yield Forward(f"@{row[1]}", f"@{row[2]}")
        else:
            yield from super().record(row)


@attrs.frozen
class Talks(RowFile):
    """Tells the truth and more: settings of the mail host, and what it finds odd."""

    def records(self) -> Iterator[Record]:
        yield Site(recipient_delimiter="-")
        yield from super().records()
        yield Remark("odd-row", "one row is odd; look at it")


@attrs.frozen
class Babbles(RowFile):
    """Adds rows of another kind."""

    def records(self) -> Iterator[Record]:
        yield Transport("first.example", "external")
        yield from super().records()


@attrs.frozen
class Mumbles(RowFile):
    """Adds rows whose texts are no addresses."""

    def records(self) -> Iterator[Record]:
        yield Domain("?")
        yield Mailbox("")
        yield from super().records()
