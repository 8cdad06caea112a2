"""Explanations as pictures: Mermaid for pages and tickets, DOT for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from forwardresolve.explain.tree import said_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.explain.explanation import Explanation
    from forwardresolve.explain.reverse import Reverse
    from forwardresolve.explain.steps import Step

Shape = Literal["address", "outside", "mailbox", "other"]

_MERMAID: Final[Mapping[Shape, tuple[str, str]]] = {
    "address": ("[", "]"),
    "outside": ("([", "])"),
    "mailbox": ("[(", ")]"),
    "other": ("{{", "}}"),
}
_DOT: Final[Mapping[Shape, str]] = {
    "address": "box",
    "outside": "doubleoctagon",
    "mailbox": "cylinder",
    "other": "hexagon",
}


class Picture:
    """Boxes and arrows.

    Attributes:
        boxes: The name of each box, with what it says and its shape.
        arrows: From which box to which, what is written at it, and whether it is a kept copy.
    """

    def __init__(self) -> None:
        self.boxes: dict[str, tuple[str, Shape]] = {}
        self.arrows: list[tuple[str, str, str, bool]] = []

    def as_mermaid(self) -> str:
        """Write the picture for Mermaid."""
        return "\n".join(["flowchart LR", *self._mermaid()])

    def as_dot(self) -> str:
        """Write the picture for Graphviz."""
        return "\n".join(["digraph forwardings {", "    rankdir=LR;", *self._dot(), "}"])

    def _mermaid(self) -> Iterator[str]:
        numbers = {name: f"n{number}" for number, name in enumerate(self.boxes)}
        for name, (text, shape) in self.boxes.items():
            opening, closing = _MERMAID[shape]
            yield f'    {numbers[name]}{opening}"{_in_mermaid(text)}"{closing}'
        for here, there, text, copy in self.arrows:
            label = f'|"{_in_mermaid(text)}"|' if text else ""
            yield f"    {numbers[here]} {'-.->' if copy else '-->'}{label} {numbers[there]}"

    def _dot(self) -> Iterator[str]:
        numbers = {name: f"n{number}" for number, name in enumerate(self.boxes)}
        for name, (text, shape) in self.boxes.items():
            yield f'    {numbers[name]} [label="{_in_dot(text)}", shape={_DOT[shape]}];'
        for here, there, text, copy in self.arrows:
            style = ", style=dashed" if copy else ""
            yield f'    {numbers[here]} -> {numbers[there]} [label="{_in_dot(text)}"{style}];'


def picture_of(explanation: Explanation) -> Picture:
    """Draw an explanation: each address a box, each row an arrow, each kept copy a mailbox."""
    picture = Picture()
    steps = {step.address: step for step in explanation.steps}
    for name in (explanation.address, *steps):
        picture.boxes[name] = _box(name, steps.get(name))
    for arrow in explanation.entered:
        if arrow.destination != explanation.address:
            picture.arrows.append((explanation.address, arrow.destination, said_by(arrow.origin), False))
    for step in explanation.steps:
        for arrow in step.arrows:
            picture.boxes.setdefault(arrow.destination, (arrow.destination, "address"))
            picture.arrows.append((step.address, arrow.destination, said_by(arrow.origin), False))
        if step.end is not None and step.arrows:
            copy = f"copy of {step.address}"
            picture.boxes[copy] = (step.end.text, "mailbox" if step.end.kind == "mailbox" else "other")
            picture.arrows.append((step.address, copy, "", True))
    return picture


def picture_of_reverse(reverse: Reverse) -> Picture:
    """Draw who reaches a destination."""
    picture = Picture()
    picture.boxes[reverse.destination] = (reverse.destination, "address")
    for feeder in reverse.feeders:
        picture.boxes[feeder.address] = (feeder.address, "address")
    for feeder in reverse.feeders:
        picture.arrows.append((feeder.address, feeder.via, said_by(feeder.origin), False))
    return picture


def _box(name: str, step: Step | None) -> tuple[str, Shape]:
    """Return what a box says: the address, and what becomes of mail that only ends there."""
    if step is None or step.end is None or step.arrows:
        return name, "address"
    if step.end.outside:
        return name, "outside"
    if step.end.kind == "mailbox":
        return name, "mailbox"
    return f"{name}: {step.end.text}", "other"


def _in_mermaid(text: str) -> str:
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text


def _in_dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
