"""Explanations for programs: plain values, ready for `json.dumps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from forwardresolve.explain.explanation import Explanation
    from forwardresolve.explain.reverse import Reverse
    from forwardresolve.explain.steps import Step
    from forwardresolve.explain.what_if import WhatIf
    from forwardresolve.hops import Arrow
    from forwardresolve.records import Origin

SCHEMA_VERSION: Final = 1
"""Grows when a reader of an earlier version would misread the values; new keys alone do not."""


def explanation_as_json(explanation: Explanation) -> dict[str, Any]:
    """Turn an explanation into plain values."""
    verdict = explanation.verdict
    return {
        "schema_version": SCHEMA_VERSION,
        "address": explanation.address,
        "hosted": verdict.hosted,
        "listed": verdict.listed,
        "reaches_external": verdict.reaches_external,
        "keeps_copy": verdict.keeps_copy,
        "status": verdict.status,
        "why": explanation.sentence,
        "finals": [{"kind": final.kind, "address": final.address} for final in verdict.finals],
        "ways": [list(way) for way in explanation.ways],
        "entered": [_arrow(arrow) for arrow in explanation.entered],
        "steps": [_step(step) for step in explanation.steps],
        "complete": explanation.complete,
    }


def reverse_as_json(reverse: Reverse) -> dict[str, Any]:
    """Turn what reaches a destination into plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "destination": reverse.destination,
        "feeders": [
            {
                "address": feeder.address,
                "to": feeder.destination,
                "forwardings": feeder.distance,
                "origin": _origin(feeder.origin),
            }
            for feeder in reverse.feeders
        ],
    }


def what_if_as_json(change: WhatIf) -> dict[str, Any]:
    """Turn a what-if into plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "without": [{"source": source, "destination": destination} for source, destination in change.without],
        "with": [{"source": source, "destination": destination} for source, destination in change.having],
        "before": explanation_as_json(change.before),
        "after": explanation_as_json(change.after),
        "newly_listed": list(change.newly_listed),
        "no_longer_listed": list(change.no_longer_listed),
    }


def _step(step: Step) -> dict[str, Any]:
    end = step.end
    return {
        "address": step.address,
        "answered": step.answered,
        "forwardings_to_outside": step.distance,
        "end": end
        and {
            "kind": end.kind,
            "address": end.address,
            "outside": end.outside,
            "kept": end.kept,
            "text": end.text,
        },
        "arrows": [_arrow(arrow) for arrow in step.arrows],
    }


def _arrow(arrow: Arrow) -> dict[str, Any]:
    return {"to": arrow.destination, "origin": _origin(arrow.origin)}


def _origin(origin: Origin) -> dict[str, str]:
    return {"source": origin.source, "place": origin.place, "key": origin.key}
