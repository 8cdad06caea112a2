"""A plan as text, JSON or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.deploy.change import EXCEPTION
from forwardresolve.deploy.plan import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.deploy.change import Change, Line
    from forwardresolve.deploy.plan import Plan, TargetPlan

SCHEMA_VERSION: Final = 1
"""Grows when a reader of an earlier version would misread the JSON; new keys alone do not."""

_FEW: Final = 10
"""How many lines of a cause are shown where not all are wanted."""

_MOST_CAUSES: Final = 30


def as_text(plan: Plan, *, full: bool = False) -> Iterator[str]:
    """Yield a plan as lines for a person in a hurry.

    Args:
        plan: The plan.
        full: Whether to show every address; else only the first of each cause.
    """
    for text, names in _grouped(plan):
        yield f"{', '.join(each.name for each in names)}: {text}"
        change = names[0].change
        if change is not None:
            yield from _changes(change, full=full)
    yield from _warnings(plan)
    yield f"plan {plan.digest[:SHORT]}"


def as_markdown(plan: Plan, *, full: bool = False) -> Iterator[str]:
    """Yield a plan as Markdown, for a ticket or a merge request.

    Args:
        plan: The plan.
        full: As in `as_text`.
    """
    yield f"# Plan {plan.digest[:SHORT]}"
    for text, names in _grouped(plan):
        yield ""
        yield f"## {', '.join(each.name for each in names)}"
        yield ""
        yield f"{text}."
        change = names[0].change
        if change is not None:
            yield ""
            yield "| cause | come | go |"
            yield "|---|--:|--:|"
            for cause in change.causes[: None if full else _MOST_CAUSES]:
                yield f"| `{cause.text}` | {cause.added} | {cause.removed} |"
            yield ""
            yield "```diff"
            yield from _changes(change, full=full)
            yield "```"
    warnings = [*_warnings(plan)]
    if warnings:
        yield ""
        yield from (f"- {each}" for each in warnings)


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON has it, with every address."""
    return {
        "schema_version": SCHEMA_VERSION,
        "digest": plan.digest,
        "changes": plan.changes,
        "refusals": plan.check(),
        "sources": {
            name: {
                **attrs.asdict(tally),
                "before": attrs.asdict(plan.sources_before[name]) if name in plan.sources_before else None,
                "last_good_from": plan.last_good.get(name),
            }
            for name, tally in plan.sources.items()
        },
        "targets": [_target_as_json(each) for each in plan.targets],
    }


def _target_as_json(plan: TargetPlan) -> dict[str, Any]:
    change = plan.change
    return {
        "name": plan.name,
        "held": plan.held.digest if plan.held else None,
        "wanted": plan.wanted.digest,
        "error": plan.error or None,
        "amounts": attrs.asdict(change.amounts) if change else None,
        "causes": [attrs.asdict(each) for each in change.causes] if change else [],
        "added": [attrs.asdict(each) for each in change.added] if change else [],
        "removed": [attrs.asdict(each) for each in change.removed] if change else [],
    }


def _grouped(plan: Plan) -> Iterator[tuple[str, list[TargetPlan]]]:
    """Put the targets together that would change in the same way, and say how."""
    groups: dict[tuple[str, str, str], list[TargetPlan]] = {}
    for each in plan.targets:
        held = each.held.digest if each.held else "?"
        groups.setdefault((held, each.wanted.digest, each.error), []).append(each)
    for members in groups.values():
        one = members[0]
        if one.held is None:
            yield f"cannot be asked ({one.error}), so it is left as it is", members
        elif not one.changes:
            yield f"holds {one.wanted.digest[:SHORT]}, nothing to do", members
        else:
            held = one.held.digest[:SHORT] or "nothing"
            amounts = one.change.amounts if one.change else None
            numbers = f"; +{amounts.added} -{amounts.removed}, then {amounts.listed} keys" if amounts else ""
            yield f"{held} -> {one.wanted.digest[:SHORT]}{numbers}", members


def _changes(change: Change, *, full: bool) -> Iterator[str]:
    """Yield the causes, the biggest first, each with what comes and goes by it."""
    lines: dict[str, list[str]] = {}
    for sign, word, group in (("-", "was", change.removed), ("+", "now", change.added)):
        for line in group:
            lines.setdefault(line.cause, []).append(_line(sign, word, line))
    causes = change.causes if full else change.causes[:_MOST_CAUSES]
    for cause in causes:
        yield f"  {cause.summary}"
        of_cause = lines[cause.text]
        yield from of_cause if full else of_cause[:_FEW]
        if not full and len(of_cause) > _FEW:
            yield f"    ... and {len(of_cause) - _FEW} more"
    if len(change.causes) > len(causes):
        left = change.causes[len(causes) :]
        added, removed = sum(each.added for each in left), sum(each.removed for each in left)
        yield f"  ... and {len(left)} more causes: +{added} -{removed}"


def _line(sign: str, word: str, line: Line) -> str:
    if line.key.endswith(EXCEPTION):
        return f"  {sign} {line.key}  {word}: stays inside, though its domain is listed"
    if len(line.way) == 1:
        return f"  {sign} {line.key}"
    return f"  {sign} {line.key}  {word}: {' -> '.join(line.way)}"


def _warnings(plan: Plan) -> Iterator[str]:
    for name, at in plan.last_good.items():
        yield f"source {name} is down; its read of {at} stands in for it"
    refusals = plan.check()
    yield from (f"the guard refuses: {each}" for each in refusals)
    if plan.changes and not refusals:
        yield "the guard lets it pass"
