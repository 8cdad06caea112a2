"""A Rspamd that is not there: it answers by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.rspamd.probing import QUEUE_ID, Door, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from forwardresolve.rspamd import RspamdSettings


@attrs.frozen(kw_only=True)
class FakeDoor(Door):
    """Answers as a Rspamd with a list would.

    Args:
        lists: Tells whether an address is in its list.
        settings: What it was installed with.
        heeds: Whether it takes settings from a request.
        refuses: Which actions it turns into a refusal.
        instead: A symbol that it sets in place of ours.
        also: Symbols that every message for somebody in its list sets.
        pages: What its controller has at a path, or at ``/getmap`` under a number.
        asked: Every path that was read.
    """

    url: str = "http://rspamd.example:11333"
    lists: Callable[[str], bool]
    settings: RspamdSettings
    heeds: bool = True
    refuses: tuple[str, ...] = ("add header", "rewrite subject")
    instead: str = ""
    also: tuple[str, ...] = ()
    pages: Mapping[str, bytes] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)

    def version(self) -> str:
        return "4.1.5"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes | None:
        self.asked.append(path)
        return self.pages.get(headers["Map"] if headers else path)

    def scan(self, recipients: Iterable[str], symbols: Iterable[str], *, action: str = "add header") -> Reply:
        assert self.settings.symbol in symbols
        recipients = tuple(recipients)
        hit = [each for each in recipients if self.lists(each)]
        known = frozenset([self.instead or self.settings.symbol, *self.also] if hit else [])
        if not self.heeds:
            return Reply("no action", "", known, ())
        whole = len(hit) == len(recipients)
        if hit and action in self.refuses and self.settings.mode == "enforce":
            if whole or self.settings.recipients == "any":
                message = self.settings.message.replace("{queue_id}", QUEUE_ID)
                return Reply(self.settings.action, message, known, ())
            if self.settings.recipients == "drop":
                return Reply(action, "", known, tuple(hit))
        return Reply(action, "", known, ())
