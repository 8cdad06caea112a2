"""Why is an address on the list, or why not, and what would change if the forwardings did?

Values first: `explain`, `explain_reverse` and `what_if` return frozen values, whose text is
``str()`` of them; the renderers for programs and pictures are pure functions of them.
"""

from forwardresolve.explain.as_json import explanation_as_json, reverse_as_json, what_if_as_json
from forwardresolve.explain.explanation import Explanation, explain
from forwardresolve.explain.formats import Format, render
from forwardresolve.explain.pictures import Picture, picture_of, picture_of_reverse
from forwardresolve.explain.reverse import Feeder, Reverse, explain_reverse
from forwardresolve.explain.steps import End, Step
from forwardresolve.explain.what_if import WhatIf, read_change, what_if

__all__ = [
    "End",
    "Explanation",
    "Feeder",
    "Format",
    "Picture",
    "Reverse",
    "Step",
    "WhatIf",
    "explain",
    "explain_reverse",
    "explanation_as_json",
    "picture_of",
    "picture_of_reverse",
    "read_change",
    "render",
    "reverse_as_json",
    "what_if",
    "what_if_as_json",
]
