"""A virtual domain as panels on Exim keep it: aliases, mailboxes, and what their routers add.

All of these panels deliver to a mailbox before they ask the default address, and to a mailbox that
forwards as well, unless it only forwards. What Exim's redirect router calls special (``:fail:``,
``:defer:``, ``:blackhole:``) reaches nobody.
"""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 (attrs classes name it)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Domain, Forward, Mailbox, Origin, Transport, TransportKind
from forwardresolve_backends._alias_lines import AliasLine, alias_lines
from forwardresolve_backends._text_files import TextFile, present, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.sdk import Record

_SPECIAL: Final = re.compile(r'(?:^|,)\s*"?:(?P<word>fail|unknown|defer|blackhole):', re.IGNORECASE).search
_DEFAULT: Final = "*"


@attrs.frozen(kw_only=True)
class Place:
    """Where the files of one domain are or would be; None where it has no such file.

    Args:
        domain: Its name.
        aliases: Lines of ``name: destinations``; the name is a local part, an address, or ``*``
            (``*@domain``) for the default address.
        mailboxes: The mailboxes, a line each as in passwd(5).
        forward_only: The local parts of those that keep no copy of what they forward.
        domain_forward: A line ``domain: target``, where the whole domain goes to another with the
            local parts kept; it stands before the default address.
    """

    domain: str = attrs.field(kw_only=False)
    aliases: Path | None = None
    mailboxes: Path | None = None
    forward_only: Path | None = None
    domain_forward: Path | None = None

    def paths(self) -> Iterator[Path]:
        """Yield where its files may be."""
        for path in (self.aliases, self.mailboxes, self.forward_only, self.domain_forward):
            if path is not None:
                yield path

    def looked_at(self) -> Place:
        """Return what of it is there.

        Raises:
            BackendMisconfigured: Whether a file is there may not be seen.
        """
        return Place(
            self.domain,
            aliases=_if_there(self.aliases),
            mailboxes=_if_there(self.mailboxes),
            forward_only=_if_there(self.forward_only),
            domain_forward=_if_there(self.domain_forward),
        )


def domain_records(place: Place) -> Iterator[Record]:
    """Read the files of a domain.

    Args:
        place: Where they are.

    Yields:
        The records as they stream.

    Raises:
        BackendError: As in `TextFile.lines`.
    """
    domain = place.domain
    yield Domain(domain)
    boxes = frozenset(line.partition(":")[0].casefold() for line in _words(place.mailboxes))
    origin = Origin(str(place.mailboxes))
    for name in sorted(boxes):
        yield Mailbox(f"{name}@{domain}", shields=True, origin=origin)
    keeping = boxes.difference(map(str.casefold, _words(place.forward_only)))
    target = next(_lines(place.domain_forward), None)
    if isinstance(target, AliasLine):
        yield Forward(f"@{domain}", f"@{target.value}", origin=target.origin)
    for line in _lines(place.aliases):
        if not isinstance(line, AliasLine):
            yield line
        elif target is None or line.name.partition("@")[0] != _DEFAULT:
            yield from _line_records(domain, line, keeping)


def _line_records(domain: str, line: AliasLine, keeping: frozenset[str]) -> Iterator[Record]:
    local, _, named = line.name.rpartition("@") if "@" in line.name else (line.name, "", domain)
    source = f"@{named}" if local == _DEFAULT else f"{local}@{named}"
    special = _SPECIAL(line.value)
    if special is None:
        keeps = local in keeping and named == domain
        yield Forward(source, (line.value, source) if keeps else line.value, origin=line.origin)
    elif local != _DEFAULT:
        kind: TransportKind = "discard" if special["word"].lower() == "blackhole" else "undeliverable"
        yield Forward(source, source, origin=line.origin)  # it answers before the default address
        yield Transport(source, kind, line.origin)


def _if_there(path: Path | None) -> Path | None:
    return None if path is None else present(path)


def _words(path: Path | None) -> list[str]:
    return [] if path is None else words(path)


def _lines(path: Path | None) -> Iterator[Record | AliasLine]:
    return iter(()) if path is None else alias_lines(TextFile(path))
