"""Find the row that answers for an address, and say what it answers (virtual(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import append_extension, split_address, split_extension
from forwardresolve.destinations import glue, is_opaque
from forwardresolve.hops import Arrow
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.ends import Ends
    from forwardresolve.rows import Rows
    from forwardresolve.settings import Settings
    from forwardresolve.tables import Table


class Lookup:
    """The look-up of one address in one table.

    Args:
        rows: What the sources said.
        settings: How they are read.
        ends: The classes of the domains.
    """

    def __init__(self, rows: Rows, settings: Settings, ends: Ends) -> None:
        self.delimiters = settings.recipient_delimiter
        self._rows = rows
        self._settings = settings
        self._ends = ends
        self._virtual = rows.tables["virtual"]

    def find(self, address: str, table: Table) -> tuple[str, str] | None:
        """Find the row that answers for an address (virtual(5), TABLE SEARCH ORDER).

        Args:
            address: A normalised address.
            table: The table.

        Returns:
            The key of the row (`PATTERN` and a number for a pattern), and the extension that had
            to be taken off; None where no row answers.
        """
        if address in table.rows:
            return address, ""
        local, domain = split_address(address)
        if not domain:
            return None
        virtual = table is self._virtual
        for key, extension in self._key_forms(local, domain, virtual=virtual):
            if not key:
                number = self._pattern(address)
                if number is not None:
                    return f"{PATTERN}{number}", ""
            elif key in table:
                return key, extension
        return None

    def _key_forms(self, local: str, domain: str, *, virtual: bool) -> Iterator[tuple[str, str]]:
        """Yield the keys that may answer for an address behind the address itself, in order.

        An empty key stands for the patterns: they are asked with the full address only.
        """
        # PostfixAdmin joins alias domains in virtual_alias_maps only.
        target = self._rows.domain_aliases.get(domain) if virtual else None
        if target is not None:
            yield f"{local}@{target}", ""
            yield f"@{target}", ""
        if virtual and self._rows.patterns:
            yield "", ""
        base, extension = split_extension(local, self._settings.recipient_delimiter)
        if extension:
            yield f"{base}@{domain}", extension
            if target is not None:
                yield f"{base}@{target}", extension
        if domain == self._settings.myorigin or self._ends.kind(domain) == "local":
            yield local, ""
            if extension:
                yield base, extension
        yield f"@{domain}", ""

    def _pattern(self, address: str) -> int | None:
        """Return the number of the first pattern that answers for an address with something."""
        patterns = enumerate(self._rows.patterns)
        return next((number for number, pattern in patterns if pattern.answer(address)), None)

    def answers(self, address: str, table: Table, found: tuple[str, str]) -> Iterator[Arrow]:
        """Yield what a row makes of an address, in the row's order, the address itself included.

        Args:
            address: A normalised address.
            table: The table.
            found: What `find` found in it for the address.
        """
        key, extension = found
        if key.startswith(PATTERN):
            pattern = self._rows.patterns[int(key.removeprefix(PATTERN))]
            for each in pattern.answer(address) or ():
                yield Arrow(self.complete(each), pattern.origin)
            return
        local = split_address(address)[0]
        for each in table.get(key) or ():
            origin = table.origin(key, each)
            if each[0] == "@":
                yield from (Arrow(self.complete(onward), origin) for onward in glue(local, each))
            elif extension and not is_opaque(each):
                yield Arrow(append_extension(each, extension), origin)
            else:
                yield Arrow(each, origin)

    def complete(self, destination: str) -> str:
        """Put ``myorigin`` behind a bare name."""
        return f"{destination}@{self._settings.myorigin}" if self._completes(destination) else destination

    def _completes(self, destination: str) -> bool:
        """Tell whether ``myorigin`` has to be put behind a name."""
        return "@" not in destination and bool(self._settings.myorigin) and not is_opaque(destination)
