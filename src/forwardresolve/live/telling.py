"""Tell anew what holds of names: of one group, or of a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import FRESH, append_extension, split_address
from forwardresolve.entries import STAR, exact_key
from forwardresolve.live.told import (
    CATCH_ALL,
    EXCEPTION,
    LISTED,
    NEGATIVE,
    POSITIVE,
    Marks,
    marks_of,
)
from forwardresolve.survey import Signs, decide, decide_below, said_above, survey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.live.known import Known
    from forwardresolve.reach import Reach


class Telling:
    """What is told about all names, and what has changed in it.

    Attributes:
        marks: What holds of each name now.
        changed: What held before of the names that have changed.
        known: Which names are decided together; whoever changes rows keeps it up to date.

    Args:
        reach: What reaches outside.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._virtual = reach.graph.rows.tables["virtual"]
        self._below = decide_below(reach)
        self.known: Known
        self.marks: Marks = marks_of(survey(reach))
        self.changed: dict[str, int] = {}

    def release(self) -> None:
        """Let go of what is needed only as long as something is told anew."""
        self.__dict__.pop("known", None)

    def domain(self, domain: str, *, wholly: bool = False) -> Iterable[str]:
        """Tell anew what holds of the unknown addresses of a domain.

        Args:
            domain: The domain; nothing is told of one that is not hosted.
            wholly: Whether all its groups have to be told anew in any case.

        Returns:
            The groups of the domain that have to be told anew, too.
        """
        if domain not in self.known.hosted:
            return ()
        key = f"@{domain}"
        before = bool(self.marks.get(key, 0) & CATCH_ALL)
        counts = self._reach.counts(f"{FRESH}@{domain}")
        mark = CATCH_ALL if counts else 0
        if counts != said_above(self._below, domain):
            mark |= POSITIVE if counts else NEGATIVE
        self._note(key, CATCH_ALL | POSITIVE | NEGATIVE, mark)
        if not wholly and counts == before and self.known.is_plain(domain):
            return ()
        return self.known.groups_in(domain)

    def group(self, base: str) -> None:
        """Tell anew what holds of a base and of its known extensions."""
        domain = split_address(base)[1]
        default = bool(self.marks.get(f"@{domain}", 0) & CATCH_ALL)
        if self.known.is_plain(domain) and self._virtual.rows.get(base) and self.known.is_lone(base):
            counts = self._reach.counts_place(base)
            self._name(base, LISTED if counts else EXCEPTION if default else 0)
            self._entry(exact_key(base), 0 if counts == default else POSITIVE if counts else NEGATIVE)
            self._entry(_star(base), 0)
            return
        extensions = self.known.extensions(base)
        signs = Signs()
        decided = dict(decide(self._reach, base, extensions, signs, default=default))
        entries = dict.fromkeys(signs.positive, POSITIVE) | dict.fromkeys(signs.negative, NEGATIVE)
        names = {base, *(append_extension(base, extension) for extension in extensions)}
        for name in names:
            counts = decided.get(name, False)
            self._name(name, LISTED if counts else EXCEPTION if default and name in decided else 0)
            self._entry(exact_key(name), entries.get(exact_key(name), 0))
        self._entry(_star(base), entries.get(_star(base), 0))

    def forget(self, name: str) -> None:
        """Tell nothing more about a name, or about the unknown addresses of ``@domain``."""
        self._note(name, LISTED | EXCEPTION | CATCH_ALL, 0)
        self._entry(exact_key(name), 0)

    def forget_group(self, base: str, extensions: Iterable[str]) -> None:
        """Tell nothing more about a base and some extensions."""
        self.forget(base)
        self._entry(_star(base), 0)
        for extension in extensions:
            self.forget(append_extension(base, extension))

    def _name(self, name: str, mark: int) -> None:
        self._note(name, LISTED | EXCEPTION, mark)

    def _entry(self, key: str, mark: int) -> None:
        self._note(key, POSITIVE | NEGATIVE, mark)

    def _note(self, name: str, bits: int, mark: int) -> None:
        before = self.marks.get(name, 0)
        after = before & ~bits | mark
        if after != before:
            self.changed.setdefault(name, before)
            if after:
                self.marks[name] = after
            else:
                del self.marks[name]


def _star(base: str) -> str:
    local, domain = split_address(base)
    return f"{local}{STAR}@{domain}"
