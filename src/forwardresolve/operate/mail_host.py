"""Hold the answers of a graph against those of an installed Postfix, hop by hop, on a sample of real keys.

Postfix is asked what it would ask itself: the tables of virtual_alias_maps in their order, for each
form of an address in its order (virtual(5), TABLE SEARCH ORDER), by ``postmap -q -``.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import split_address, split_extension
from forwardresolve.errors import BackendMisconfigured, BackendUnavailable
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain, Forward

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from forwardresolve.records import Record

NOBODY: Final = "nobody-has-this-name-7d1f"
"""A local part that stands for all that no row names."""

_EXTENSION: Final = "x7d1f"
_ITEM: Final = re.compile(r"(?:[^\s,{}]|\{(?:[^{}]|\{[^{}]*\})*\})+")
_WHOLE_ADDRESS_ONLY: Final = ("regexp:", "pcre:", "tcp:", "socketmap:")
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin")
_SEED: Final = 7


@attrs.frozen
class Difference:
    """An address for which Postfix has another answer.

    Args:
        address: The address.
        ours: What the sources make of it, sorted.
        postfix: What Postfix makes of it, sorted.
    """

    address: str
    ours: tuple[str, ...]
    postfix: tuple[str, ...]


@attrs.frozen
class Compared:
    """What a comparison has found.

    Args:
        asked: How many addresses were asked for.
        tables: The tables of virtual_alias_maps.
        differences: The addresses with other answers, sorted.
    """

    asked: int
    tables: tuple[str, ...]
    differences: tuple[Difference, ...]


@attrs.frozen
class MailHost:
    """An installed Postfix.

    Args:
        config_dir: Where its main.cf lies.
        timeout: Seconds until one of its programs must have ended.
    """

    config_dir: Path
    timeout: float = 300.0

    def tables(self) -> tuple[str, ...]:
        """Return the tables of virtual_alias_maps.

        Raises:
            BackendMisconfigured: postconf is missing, or refuses the directory.
            BackendUnavailable: It does not end in time.
        """
        text = self._said("postconf", "-x", "-h", "virtual_alias_maps")
        return tuple(item.removeprefix("proxy:") for item in _ITEM.findall(text))

    def ask(self, table: str, keys: Iterable[str]) -> dict[str, str]:
        """Ask a table for keys.

        Returns:
            The answers by key, for those keys that it answers for.

        Raises:
            BackendMisconfigured: postmap is missing, or cannot ask the table.
            BackendUnavailable: It does not end in time.
        """
        text = self._said("postmap", "-q", "-", table, questions="".join(f"{key}\n" for key in keys))
        answers = (line.partition("\t") for line in text.splitlines())
        return {key: value for key, _, value in answers}

    def _said(self, name: str, *arguments: str, questions: str = "") -> str:
        path = os.pathsep.join((os.environ.get("PATH", ""), *_PLACES))
        program = shutil.which(name, path=path)
        if program is None:
            msg = f"{name} is not here; run this where Postfix is installed"
            raise BackendMisconfigured(msg)
        command = [program, "-c", str(self.config_dir), *arguments]
        try:
            ended = subprocess.run(  # noqa: S603 (a program of Postfix, without a shell)
                command, input=questions.encode(), capture_output=True, timeout=self.timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            msg = f"{name} {' '.join(arguments)}: did not end within {self.timeout:g} seconds"
            raise BackendUnavailable(msg) from error
        lines = ended.stderr.decode(errors="replace").splitlines()
        broken = [line for line in lines if "fatal:" in line or "lookup error" in line]
        if broken or ended.returncode > 1:
            reason = (*broken, *lines, f"exit status {ended.returncode}")[0]
            msg = f"{name} {' '.join(arguments)}: {reason}"
            raise BackendMisconfigured(msg)
        return ended.stdout.decode(errors="replace")


def sample(graph: ForwardingGraph, size: int) -> list[str]:
    """Choose addresses to ask for: keys of rows, mailboxes, their extensions, and names that nobody has.

    Args:
        graph: The graph.
        size: How many addresses at most.

    Returns:
        The same ones for the same graph, sorted.
    """
    rows = graph.rows
    virtual = rows.tables["virtual"]
    keys = {key for key in (*virtual, *rows.mailboxes) if split_address(key)[0] and "@" in key}
    domains = {*rows.domains, *rows.domain_aliases, *(key[1:] for key in virtual if key[0] == "@")}
    unknown = {f"{NOBODY}@{domain}" for domain in domains}
    choose = random.Random(_SEED)  # noqa: S311 (a repeatable choice, no secret)
    some_unknown = _some(unknown, size // 4, choose)
    known = _some(keys, size - len(some_unknown), choose)
    delimiter = graph.settings.recipient_delimiter[:1]
    if delimiter:  # every fourth with an extension that nobody has named
        known[::4] = [_extended(each, delimiter) for each in known[::4]]
    return sorted({*known, *some_unknown})


def compare(graph: ForwardingGraph, host: MailHost, size: int) -> Compared:
    """Ask Postfix and the graph where a sample of addresses goes on to.

    Args:
        graph: The graph.
        host: The Postfix.
        size: How many addresses at most.

    Raises:
        BackendError: Postfix cannot be asked.
    """
    addresses = sample(graph, size)
    tables = host.tables()
    forms = {address: tuple(_forms(graph, address)) for address in addresses}
    answers = [host.ask(table, _questions(forms, table)) for table in tables]
    found = []
    for address in addresses:
        ours = _sorted(graph, address)
        postfix = _made_of(graph, address, _answer(forms[address], answers))
        if ours != postfix:
            found.append(Difference(address, ours, postfix))
    return Compared(len(addresses), tables, tuple(found))


def _some(names: set[str], size: int, choose: random.Random) -> list[str]:
    ordered = sorted(names)
    return ordered if len(ordered) <= size else sorted(choose.sample(ordered, size))


def _extended(address: str, delimiter: str) -> str:
    local, domain = split_address(address)
    return address if delimiter in local else f"{local}{delimiter}{_EXTENSION}@{domain}"


def _forms(graph: ForwardingGraph, address: str) -> Iterator[str]:
    """Yield the keys by which Postfix looks an address up, in its order."""
    local, domain = split_address(address)
    yield address
    base, extension = split_extension(local, graph.settings.recipient_delimiter)
    if extension:
        yield f"{base}@{domain}"
    if domain == graph.settings.myorigin or graph.kind(domain) == "local":
        yield local
        if extension:
            yield base
    yield f"@{domain}"


def _questions(forms: Mapping[str, Sequence[str]], table: str) -> list[str]:
    if table.startswith(_WHOLE_ADDRESS_ONLY):
        return [*forms]
    return sorted({each for some in forms.values() for each in some})


def _answer(forms: Sequence[str], answers: Sequence[Mapping[str, str]]) -> tuple[str, str] | None:
    """Return the key that is answered first, and the answer."""
    return next(((form, said[form]) for form in forms for said in answers if form in said), None)


def _made_of(graph: ForwardingGraph, address: str, found: tuple[str, str] | None) -> tuple[str, ...]:
    """Read one answer of Postfix as one hop, by the same rules as any row."""
    if found is None:
        return ()
    domain = split_address(address)[1]
    kind = graph.rows.domains.get(domain)
    records: list[Record] = [Forward(*found)]
    if kind:
        records.append(Domain(domain, kind))
    settings = graph.settings
    one_row = ForwardingGraph.from_records(
        records, recipient_delimiter=settings.recipient_delimiter, myorigin=settings.myorigin or ""
    )
    return _sorted(one_row, address)


def _sorted(graph: ForwardingGraph, address: str) -> tuple[str, ...]:
    return tuple(sorted({arrow.destination for arrow in graph.answers(address)}))
