"""Read a directory whole: from one server, and at a time when nobody changes what is read.

Pages are no snapshot: what is added or deleted between two of them is seen or not. So the state of
the directory is asked before and after (``contextCSN``). Where it has moved, the read is repeated,
and it counts when the state stands still or when two reads have found the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    DomainAlias,
    Origin,
    Record,
    Remark,
)
from forwardresolve_backends._ldap_answers import PLACE, Answer, Meaning
from forwardresolve_backends._ldap_connection import Access, Deadline, connected
from forwardresolve_backends._ldap_members import Members
from forwardresolve_backends._ldap_pages import Reader, Referrals
from forwardresolve_backends._ldap_schema import Root, Schema, state_of
from forwardresolve_backends._ldap_searches import Pass, hosted_by, searches
from forwardresolve_backends._ldap_spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forwardresolve_backends._ldap_rules import Layout, Rule
    from forwardresolve_backends._ldap_url import Address

T = TypeVar("T")

_NO_SCHEMA: Final = Schema({}, frozenset())


@attrs.frozen(kw_only=True)
class Job:
    """What is to be read, and how carefully.

    Args:
        layout: Where the directory keeps its mail routing.
        base: Where it lies; empty: where the server says.
        hosted_domains: Domains that are hosted though no rule names them.
        page_size: Entries of a page.
        referrals: What happens where a server points elsewhere.
        check_schema: Make sure that the server knows every name in the rules.
        attempts: How often a directory is read that changes meanwhile.
    """

    layout: Layout
    base: str = ""
    hosted_domains: Sequence[str] = ()
    page_size: int = 500
    referrals: Referrals = "error"
    check_schema: bool = True
    attempts: int = 3


def from_one_of(
    addresses: Sequence[Address], access: Access, deadline: Deadline, work: Callable[[Reader], T], job: Job
) -> T:
    """Do the whole of a work on the first server that does it whole.

    Args:
        addresses: The servers, in the order in which they are tried.
        access: How they are reached.
        deadline: When everything must be done.
        work: What is done with a connection.
        job: What is read.

    Raises:
        BackendMisconfigured: A server refuses the options; then no other is asked.
        BackendUnavailable: None does it, because they do not answer.
        BackendIncomplete: None does it, and one of them answers.
    """
    failures: list[BackendUnavailable | BackendIncomplete] = []
    for address in addresses:
        try:
            with connected(address, access, deadline) as link:
                return work(Reader(link, job.page_size, job.referrals))
        except (BackendUnavailable, BackendIncomplete) as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    kind = next((type(each) for each in failures if isinstance(each, BackendIncomplete)), BackendUnavailable)
    msg = f"none of the {len(failures)} servers gives the whole directory: {'; '.join(map(str, failures))}"
    raise kind(msg) from failures[-1]


def read_settled(reader: Reader, job: Job) -> Spool:
    """Read a directory over one connection until it stands still.

    Args:
        reader: Reads it.
        job: What is read.

    Returns:
        All that was found; to be closed.

    Raises:
        BackendIncomplete: It never stands still.
        BackendError: It cannot be read.
    """
    root = Root.read(reader)
    base = base_of(job, root, reader)
    schema = Schema.read(reader, root) if job.check_schema else _NO_SCHEMA
    rules, remarks = usable_rules(job, schema, reader.link.address.name)
    bases = bases_of(rules, base)
    previous: int | None = None
    after = root.state(reader, bases)
    for _ in range(job.attempts):
        before = after
        spool = Spool()
        try:
            for each in remarks:
                spool.add(each)
            for found in _findings(reader, job, rules, schema, base):
                spool.add(found)
            after = Root.read(reader).state(reader, bases)
        except BaseException:
            spool.close()
            raise
        if after == before or spool.digest == previous:
            return spool
        previous = spool.digest
        spool.close()
    msg = (
        f"{reader.link.address.name}: was changed each of the {job.attempts} times that it was read; "
        "run again when fewer changes come, or raise attempts"
    )
    raise BackendIncomplete(msg)


def state(reader: Reader, job: Job) -> str:
    """Return a text that is another one after every change; empty where the server has none.

    Args:
        reader: Reads it.
        job: What is read.
    """
    bases = {rule.base or job.base for rule in job.layout.rules}
    if len(bases) == 1 and (numbers := state_of(reader.entry(bases.copy().pop(), ("contextCSN",)))):
        return " ".join(value.decode(errors="replace") for value in sorted(numbers))
    root = Root.read(reader)
    base = base_of(job, root, reader)
    return root.state(reader, (each or base for each in bases))


def base_of(job: Job, root: Root, reader: Reader) -> str:
    """Return where the directory lies.

    Raises:
        BackendMisconfigured: The options do not say it, and neither does the server.
    """
    base = job.base or root.default_context
    if base or all(rule.base for rule in job.layout.rules):
        return base
    known = f"; it has {', '.join(root.contexts)}" if root.contexts else ""
    msg = f"{reader.link.address.name}: does not say where its directory begins{known}; set base"
    raise BackendMisconfigured(msg)


def bases_of(rules: Sequence[tuple[int, Rule]], base: str) -> tuple[str, ...]:
    """Return every DN below which something is read."""
    return tuple(dict.fromkeys(rule.base or base for _, rule in rules))


def usable_rules(job: Job, schema: Schema, server: str) -> tuple[list[tuple[int, Rule]], list[Remark]]:
    """Sort the rules out that a server cannot be asked by.

    Returns:
        The rules that are left with their numbers, and a remark for each one that is not.

    Raises:
        BackendMisconfigured: The server does not know a name in a rule that must be there.
    """
    numbered = list(enumerate(job.layout.rules))
    if not job.check_schema:
        return numbered, []
    usable, remarks, missing = [], [], []
    for number, rule in numbered:
        unknown = ", ".join(schema.unknown(rule))
        if not unknown:
            usable.append((number, rule))
        elif rule.optional:
            said = f"rule {number + 1} is left out: the schema of {server} has no {unknown}"
            remarks.append(Remark("ldap-rule-left-out", said, origin=Origin(PLACE)))
        else:
            missing.append(f"rule {number + 1}: {unknown}")
    if missing:
        msg = (
            f"{server}: its schema lacks what the rules name, so they would find nothing without a word "
            f"({'; '.join(missing)}); correct the rules, or set optional = true in those that may be missing"
        )
        raise BackendMisconfigured(msg)
    return usable, remarks


def _findings(
    reader: Reader, job: Job, rules: Sequence[tuple[int, Rule]], schema: Schema, base: str
) -> Iterator[Answer | Remark]:
    """Yield what all rules find: domains first, then tables in their order."""
    hosted = hosted_names(job)
    for first in (True, False):
        meanings = [
            Meaning.of(number, rule, schema.canonical, hosted)
            for number, rule in rules
            if hosted_by(rule) is first
        ]
        for each in searches(meanings, job.layout, base):
            for found in found_by(reader, each, base):
                if first and isinstance(found, Answer):
                    hosted += found.keys
                yield found


def hosted_names(job: Job) -> list[str]:
    """Return the domains that are known to be hosted before anything is read."""
    names = []
    for record in known_records(job):
        if isinstance(record, Domain):
            names.append(record.name)
        elif isinstance(record, DomainAlias):
            names.append(record.alias)
    return names


def found_by(reader: Reader, asked: Pass, base: str) -> Iterator[Answer | Remark]:
    """Yield what one search finds; entries that refer to others come last."""
    members = {each.number: Members(reader, base, each) for each in asked.meanings}
    held = []
    for entry in reader.entries(asked.search):
        for each in asked.meanings:
            if each.refers(entry):
                held.append((each, entry))
            else:
                yield from each.answers(entry)
    for each in asked.meanings:
        known = members[each.number]
        known.learn(text for meaning, entry in held if meaning is each for text in known.references(entry))
    for each, entry in held:
        destinations, remarks = members[each.number].of(entry)
        yield from remarks
        yield from each.answers(entry, destinations)


def known_records(job: Job) -> Iterator[Record]:
    """Yield what is known without the directory: what the layout brings, the domains of the options."""
    yield from job.layout.records
    for name in job.hosted_domains:
        yield Domain(name, job.layout.hosted_kind, Origin("hosted_domains"))
