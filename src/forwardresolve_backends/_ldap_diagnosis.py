"""Look at a directory the way its reader does: which server, as whom, and what each rule finds.

Entries that are hidden by access rules leave no trace; numbers beside what an administrator expects
are the only way to see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    Observation,
    Remark,
)
from forwardresolve_backends._ldap_answers import Meaning
from forwardresolve_backends._ldap_reading import base_of, bases_of, found_by, hosted_names
from forwardresolve_backends._ldap_schema import Root, Schema
from forwardresolve_backends._ldap_searches import hosted_by, searches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve_backends._ldap_answers import Answer
    from forwardresolve_backends._ldap_pages import Reader
    from forwardresolve_backends._ldap_reading import Job
    from forwardresolve_backends._ldap_rules import Rule


def observations(reader: Reader, job: Job) -> Iterator[Observation]:
    """Yield what can be seen of a directory; a rule that cannot be asked does not hide the others.

    Args:
        reader: Reads it.
        job: What is read.

    Raises:
        BackendUnavailable: The server stops answering.
        BackendMisconfigured: Nobody knows where the directory begins.
    """
    link = reader.link
    yield Observation("server", link.address.name)
    yield Observation("protection", link.protection())
    yield Observation("who am I", link.who_am_i() or "anonymous, or the server does not say")
    root = Root.read(reader)
    yield Observation("product", root.product or "the server does not say")
    yield Observation("contexts", ", ".join(root.contexts) or "none that may be seen", not root.contexts)
    base = base_of(job, root, reader)
    yield Observation("base", base or "each rule has its own")
    rules = list(enumerate(job.layout.rules))
    changes = root.state(reader, bases_of(rules, base))
    yield Observation("state", changes or "none: changes during a read go unnoticed", not changes)
    schema = Schema({}, frozenset())
    if job.check_schema:
        try:
            schema = Schema.read(reader, root)
        except BackendMisconfigured as error:
            yield Observation("schema", str(error), is_problem=True)
    look = _Look(reader, job, schema, base, hosted_names(job))
    for number, rule in rules:
        yield look.at(number, rule)
    if not look.answering:
        text = "no rule finds anything; check base and filters, and what this login may see"
        yield Observation("rules", text, is_problem=True)


@attrs.frozen
class _Look:
    """Looks at one rule after the other; the domains that one finds count for the next."""

    reader: Reader
    job: Job
    schema: Schema
    base: str
    hosted: list[str]
    answering: set[str] = attrs.field(factory=set)

    def at(self, number: int, rule: Rule) -> Observation:
        subject = f"rule {number + 1} ({rule.yields})"
        unknown = self.schema.unknown(rule) if self.schema.attributes else ()
        if unknown:
            advice = "it is left out" if rule.optional else "nothing is read until this is corrected"
            return Observation(
                subject, f"the schema has no {', '.join(unknown)}; {advice}", not rule.optional
            )
        entries: set[str] = set()
        keys = remarks = 0
        try:
            for found in self._found(number, rule):
                if isinstance(found, Remark):
                    remarks += 1
                else:
                    entries.add(found.dn)
                    keys += len(found.keys)
                    self.hosted.extend(found.keys if hosted_by(rule) else ())
        except (BackendMisconfigured, BackendIncomplete) as error:
            return Observation(subject, str(error), is_problem=True)
        self.answering.update(entries)
        return Observation(subject, _counted(len(entries), keys, remarks))

    def _found(self, number: int, rule: Rule) -> Iterator[Answer | Remark]:
        meaning = Meaning.of(number, rule, self.schema.canonical, self.hosted)
        for asked in searches((meaning,), self.job.layout, self.base):
            yield from found_by(self.reader, asked, self.base)


def _counted(entries: int, keys: int, remarks: int) -> str:
    if not entries:
        return "no entry answers, or none that may be seen"
    return f"entries {entries}, keys {keys}" + (f", remarks {remarks}" if remarks else "")
