"""What programs read."""

from __future__ import annotations

import json

from explain.hosts_explained import answer, six_hops
from forwardresolve import Forward, Origin
from forwardresolve.explain import (
    explain,
    explain_reverse,
    explanation_as_json,
    reverse_as_json,
    what_if,
    what_if_as_json,
)

OUT = "joe@gmail.example"


def test_an_explanation_is_plain_values() -> None:
    row = Forward("box@a.example", f"box@a.example, {OUT}", origin=Origin("alias", "7"))

    told = explanation_as_json(explain(answer(row), "box@a.example"))

    assert told == {
        "schema_version": 1,
        "address": "box@a.example",
        "hosted": True,
        "listed": True,
        "reaches_external": True,
        "keeps_copy": True,
        "status": "ok",
        "why": f"box@a.example is listed: it forwards to {OUT}; a copy stays in its mailbox.",
        "finals": [{"kind": "external", "address": OUT}, {"kind": "mailbox", "address": "box@a.example"}],
        "ways": [["box@a.example", OUT]],
        "entered": [{"to": "box@a.example", "origin": {"source": "", "place": "", "key": ""}}],
        "steps": [
            {
                "address": "box@a.example",
                "answered": "",
                "forwardings_to_outside": 1,
                "end": {
                    "kind": "mailbox",
                    "address": "box@a.example",
                    "outside": False,
                    "kept": True,
                    "text": "a copy stays in its mailbox",
                },
                "arrows": [{"to": OUT, "origin": {"source": "", "place": "alias", "key": "7"}}],
            },
            {
                "address": OUT,
                "answered": "",
                "forwardings_to_outside": 0,
                "end": {"kind": "external", "address": OUT, "outside": True, "kept": False, "text": "leaves"},
                "arrows": [],
            },
        ],
        "complete": True,
    }


def test_a_reverse_explanation_is_plain_values() -> None:
    told = reverse_as_json(explain_reverse(answer(Forward("info@a.example", OUT)), OUT))

    assert told == {
        "schema_version": 1,
        "destination": OUT,
        "feeders": [
            {
                "address": "info@a.example",
                "to": OUT,
                "forwardings": 1,
                "origin": {"source": "", "place": "", "key": ""},
            }
        ],
    }


def test_a_what_if_holds_both_explanations() -> None:
    change = what_if(answer(), "info@a.example", having=[("info@a.example", OUT)])

    told = what_if_as_json(change)

    assert told["with"] == [{"source": "info@a.example", "destination": OUT}]
    assert told["without"] == []
    assert (told["before"]["listed"], told["after"]["listed"]) == (False, True)
    assert (told["newly_listed"], told["no_longer_listed"]) == (["info@a.example"], [])


def test_everything_can_be_written_as_json() -> None:
    resolution = six_hops()

    for told in (
        explanation_as_json(explain(resolution, "info@kunde.example")),
        reverse_as_json(explain_reverse(resolution, "anna@firma.example")),
    ):
        assert json.loads(json.dumps(told)) == told
