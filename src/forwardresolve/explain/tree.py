"""An explanation as a tree of text, for people."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.explain.explanation import Explanation
    from forwardresolve.explain.steps import Step
    from forwardresolve.hops import Arrow
    from forwardresolve.records import Origin

MOST_BRANCHES: Final = 20
"""How many ways on from one address are drawn."""

MOST_DEPTH: Final = 20
"""How many forwardings deep the tree is drawn."""

_SHOWN_WAYS: Final = 10

_WIDTH: Final = 100


def as_text(explanation: Explanation) -> str:
    """Tell an explanation to a person: the sentence, the tree, and the ways out where there are several."""
    lines = [explanation.sentence, "", *_tree(explanation), *_ways(explanation)]
    return "\n".join(lines)


def _tree(explanation: Explanation) -> Iterator[str]:
    drawing = _Drawing(explanation)
    first = explanation.entered[0].destination
    if len(explanation.entered) == 1 and first == explanation.address:
        yield from drawing.address(first, "", "", frozenset(), "")
    else:
        yield explanation.address
        yield from drawing.branches(explanation.entered, "", frozenset())


def _ways(explanation: Explanation) -> Iterator[str]:
    ways = explanation.ways
    if len(ways) < 2:  # noqa: PLR2004 (one way is seen in the tree)
        return
    yield ""
    yield "Ways out, shortest first:"
    for number, way in enumerate(ways[:_SHOWN_WAYS], 1):
        chain = " -> ".join(way)
        yield fill(
            chain,
            _WIDTH,
            initial_indent=f"{number:>3}. ",
            subsequent_indent="       ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if len(ways) > _SHOWN_WAYS:
        more = f"{len(ways) - _SHOWN_WAYS}"
        yield f"     and {more if explanation.complete else 'at least ' + more} more"


class _Drawing:
    """One tree; it remembers what has been drawn, so that nothing is told twice."""

    def __init__(self, explanation: Explanation) -> None:
        self.steps = {step.address: step for step in explanation.steps}
        self.complete = explanation.complete
        self.drawn: set[str] = set()

    def address(
        self, address: str, tip: str, margin: str, above: frozenset[str], origin: str
    ) -> Iterator[str]:
        """Draw an address and all below it.

        Args:
            address: The address.
            tip: What stands in front of it on its line.
            margin: What stands in front of the lines below.
            above: The addresses above it, itself not counted.
            origin: Where the arrow to it comes from.
        """
        step = self.steps.get(address)
        remark = self._remark(address, step, above)
        head = f"{tip}{address}{remark and f': {remark}'}"
        source = origin and f"[{origin}]"
        if not source or len(head) + len(source) < _WIDTH:
            yield f"{head}  {source}".rstrip()
        else:
            yield head
            yield f"{margin}{source}"
        if step is None or address in self.drawn or len(above) > MOST_DEPTH:
            return
        self.drawn.add(address)
        if step.answered and step.arrows:
            yield f"{margin}({step.answered})"
        if step.end is not None and step.arrows:
            yield f"{margin}├── {step.end.text}"
        yield from self.branches(step.arrows, margin, above | {address})

    def branches(self, arrows: tuple[Arrow, ...], margin: str, above: frozenset[str]) -> Iterator[str]:
        """Draw the ways on, or some of them where they are very many."""
        shown = arrows if len(arrows) <= MOST_BRANCHES + 1 else arrows[:MOST_BRANCHES]
        for arrow in shown:
            tip, inner = ("└─> ", "    ") if arrow is arrows[-1] else ("├─> ", "│   ")
            yield from self.address(
                arrow.destination, margin + tip, margin + inner, above, said_by(arrow.origin)
            )
        if len(shown) < len(arrows):
            rest = arrows[len(shown) :]
            leaving = sum(self._leaves(arrow.destination) for arrow in rest)
            yield f"{margin}└── and {len(rest)} more: {leaving} leave, {len(rest) - leaving} stay"

    def _remark(self, address: str, step: Step | None, above: frozenset[str]) -> str:
        """Say what becomes of an address, where nothing is drawn below it that does."""
        if step is None:
            return "it only grows, a loop" if self.complete else "not followed any further"
        if address in above:
            once = step.end is not None and step.end.kept
            return "see above; it keeps a copy and is asked once" if once else "see above, a loop"
        if not step.arrows and step.end is not None:
            return step.end.text
        if address in self.drawn:
            return "see above"
        if len(above) > MOST_DEPTH:
            far = step.distance
            return (
                f"and so on, {far} forwardings more until it leaves" if far else "and so on, nothing leaves"
            )
        return ""

    def _leaves(self, address: str) -> bool:
        step = self.steps.get(address)
        return step is not None and step.distance is not None


def said_by(origin: Origin) -> str:
    """Write an origin; a DN that ends in its search base says the base already."""
    if origin.key and origin.place and origin.key.endswith(origin.place):
        return f"{origin.source}: {origin.key}" if origin.source else origin.key
    return str(origin)
