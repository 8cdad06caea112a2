"""Read the redirects in users' Sieve scripts: the forwardings that no alias table shows."""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 (the fields are read at run time)
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.sdk import Forward, Origin, Record, Remark, Secret, state_if_there, version_of_files
from forwardresolve_backends._file_memory import Memory
from forwardresolve_backends._sieve_places import find_scripts, unknown_names
from forwardresolve_backends._sieve_redirects import Redirect, included_names, redirects
from forwardresolve_backends._sql_connection import Query, open_database
from forwardresolve_backends._sql_rows import Contract, read
from forwardresolve_backends._sql_version import version_of
from forwardresolve_backends._text_files import TextFile, present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Policy = Literal["list", "ignore"]

UNRESOLVED: Final = "unresolved@sieve.invalid"
"""What stands for an address that a script computes: nobody hosts it, so it is outside (RFC 2606)."""

SCRIPTS: Final = Contract(("address", "script"))


def _names_a_user(_: object, field: attrs.Attribute[Any], value: str) -> None:
    unknown = unknown_names(value)
    if value and (unknown or not ("{address}" in value or "{user}" in value)):
        said = f"knows no {{{unknown[0]}}}" if unknown else "must name the user of a script"
        msg = f"{said}: write {{address}}, or {{user}} and {{domain}}"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Sieve:
    """Reads what users redirect in their Sieve scripts.

    A redirect behind the place where a script stops for spam sends no spam on, and one under a
    condition sends only some: both are told as findings, and count where you say so.

    Args:
        path: Where the active scripts lie, ``{user}``, ``{domain}`` or ``{address}`` standing for
            the user: ``/var/vmail/{domain}/{user}/.dovecot.sieve``.
        domain: The domain of users whose path names none.
        url: The database that holds the scripts, where they lie in none but that.
        query: What is read from it: SQL that gives the columns address, script and active.
        conditional: Whether redirects under a condition count: ``list`` or ``ignore``.
        after_spam: Whether redirects behind a stop for spam count: ``list`` or ``ignore``.
    """

    path: str = attrs.field(default="", validator=_names_a_user)
    domain: str = ""
    url: Secret | None = None
    query: str = ""
    conditional: Policy = "ignore"
    after_spam: Policy = "ignore"
    _includes: Memory[tuple[str, ...]] = attrs.field(factory=Memory, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Refuse to read nothing, or half of what is needed."""
        if bool(self.query) != (self.url is not None):
            msg = "url and query belong together"
            raise ValueError(msg)
        if not self.path and not self.query:
            msg = "there is nothing to read: name a path, or a url and a query"
            raise ValueError(msg)
        if "{user}" in self.path and "{domain}" not in self.path and not self.domain:
            msg = "the path names no domain; say it with domain"
            raise ValueError(msg)

    def records(self) -> Iterator[Record]:
        """Read every script.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: A script or directory may not be read, or the database refuses.
            BackendUnavailable: The scripts or the database are out of reach.
            BackendIncomplete: A script was changed while it was read.
        """
        if self.path:
            yield from self._from_files()
        if self.url is not None:
            yield from self._from_database(self.url)

    def version(self) -> str:
        """Return a text that is another one when a script appears, goes, is replaced or written to.

        Returns:
            The text; empty where a server holds the scripts: it would have to be read.

        Raises:
            BackendError: As in `records`.
        """
        self._includes.begin()
        from_files = version_of_files((), optional=self._files()) if self.path else "-"
        from_database = version_of(self.url) if self.url is not None else "-"
        return f"{from_files} {from_database}" if from_database else ""

    def _files(self) -> Iterator[Path]:
        """Yield every script, and where those may lie that it includes."""
        for place in find_scripts(self.path):
            yield place.path
            seen: set[str] = set()
            waiting = [*self._included_in(place.path)]
            while waiting:
                name = waiting.pop()
                if name not in seen:
                    seen.add(name)
                    siblings = _siblings(place.path, name)
                    yield from siblings
                    for each in siblings:
                        waiting += self._included_in(each)

    def _included_in(self, path: Path) -> tuple[str, ...]:
        state = state_if_there(path)
        find = partial(_names_included_in, path)
        return self._includes.recall(path, state, find) if state is not None else ()

    def _from_files(self) -> Iterator[Record]:
        for place in tuple(find_scripts(self.path)):  # which there are is settled before one is read
            names = place.names
            address = names.get("address") or f"{names['user']}@{names.get('domain', self.domain)}"
            file = TextFile(place.path)
            text = "".join(file.lines())
            yield from file.remarks()
            yield from self._of_script(address, text, str(place.path), partial(_sibling, place.path))

    def _from_database(self, url: Secret) -> Iterator[Record]:
        with open_database(url) as database:
            rows = read(database, Query(self.query, "query", "check the SQL against the database"), SCRIPTS)
            for chunk in rows.live():
                for address, script, _ in chunk:
                    place = rows.origin.place
                    yield from self._of_script(rows.text(address), rows.text(script), place, lambda _: None)
            yield from rows.remarks()

    def _of_script(
        self, address: str, text: str, place: str, include: Callable[[str], str | None]
    ) -> Iterator[Record]:
        """Make the records of one script."""
        made = redirects(text, include)
        if made.broken:
            said = "the script is not whole from here on; what it redirects otherwise is counted."
            yield Remark("sieve-broken", said, address, Origin(place, f"line {made.broken}"))
        for name in made.missing:
            said = (
                f"the script includes {name!r:.80}, which is not there; what that one redirects is not seen."
            )
            yield Remark("sieve-include", said, address, Origin(place))
        for each in made.found:
            origin = Origin(place, f"line {each.line}")
            yield from _remarks(each, address, origin)
            if self._counts(each):
                destination = each.address or UNRESOLVED
                onward = (destination, address) if made.keeps else (destination,)
                yield Forward(address, onward, "sieve", origin)

    def _counts(self, redirect: Redirect) -> bool:
        if redirect.after_spam and self.after_spam == "ignore":
            return False
        return not redirect.conditional or self.conditional == "list"


def _remarks(redirect: Redirect, address: str, origin: Origin) -> Iterator[Remark]:
    if not redirect.address:
        said = "the script computes where it redirects to; that counts as outside."
        yield Remark("sieve-unresolved", said, address, origin)
    if redirect.after_spam:
        said = "the script redirects behind a stop for spam, so no spam that it knows of leaves here."
        yield Remark("sieve-after-spam", said, address, origin)
    elif redirect.conditional:
        said = 'the script redirects some mail only; conditional = "list" makes it count.'
        yield Remark("sieve-conditional", said, address, origin)


def _names_included_in(path: Path) -> tuple[str, ...]:
    return included_names("".join(TextFile(path).lines()))


def _sibling(script: Path, name: str) -> str | None:
    """Return the text of another script of the same user, beside the one that is active."""
    found = next(filter(None, map(present, _siblings(script, name))), None)
    return None if found is None else "".join(TextFile(found).lines())


def _siblings(script: Path, name: str) -> list[Path]:
    """Return where another script of the same user may lie, in the order of looking."""
    if "/" in name:
        return []
    return [
        each / f"{name}.sieve" for each in (script.parent, script.resolve().parent, script.parent / "sieve")
    ]
