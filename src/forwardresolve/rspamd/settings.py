"""What an admin can choose about the Rspamd output: the table ``[rspamd]``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

Mode = Literal["enforce", "observe"]
Action = Literal["reject", "quarantine"]

_HARMLESS: Final = frozenset({"no action", "accept", "greylist", "soft reject"})
"""Actions of mail that is no spam, or not yet known to be; forcing them refuses good mail."""

_FILE_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_NAME: Final = r"[A-Za-z][A-Za-z0-9_-]{0,62}"
_SYMBOL: Final = r"[A-Za-z][A-Za-z0-9_]{0,62}"
_MESSAGE: Final = r"[\x20-\x7e]{1,400}"
_ACTION: Final = r"[a-z][a-z0-9_ -]{0,62}"


def _written_as(pattern: str, rule: str) -> Callable[[Any, attrs.Attribute[str], str], None]:
    """Make a validator for a text that goes into a file of Rspamd."""

    def check(_: Any, attribute: attrs.Attribute[str], value: str) -> None:  # noqa: ANN401 (the instance)
        if re.fullmatch(pattern, value) is None:
            msg = f"{attribute.name} must be {rule}, not {value!r}"
            raise ValueError(msg)

    return check


def _one_of(words: tuple[str, ...]) -> Callable[[Any, attrs.Attribute[str], str], None]:
    """Make a validator for a word out of a few."""
    return _written_as("|".join(map(re.escape, words)), " or ".join(f'"{word}"' for word in words))


def _mark_spam(
    _: RspamdSettings, attribute: attrs.Attribute[tuple[str, ...]], actions: tuple[str, ...]
) -> None:
    """Refuse a list of actions that would turn good mail into a refusal."""
    if not actions:
        msg = f"{attribute.name} must name at least one action; without one, good mail is refused too"
        raise ValueError(msg)
    for action in actions:
        if re.fullmatch(_ACTION, action) is None or action in _HARMLESS:
            msg = f'{attribute.name} must name actions that mark spam, such as "add header", not {action!r}'
            raise ValueError(msg)


_is_file_name = _written_as(_FILE_NAME, "a plain file name of letters, digits, '.', '_' and '-'")


@attrs.frozen(kw_only=True)
class RspamdSettings:
    """The table ``[rspamd]`` of the configuration.

    Args:
        mode: ``enforce`` refuses spam to a listed recipient; ``observe`` only sets the symbol, so
            that an operator can count first.
        symbol: The symbol that a listed recipient sets, with score 0.
        group: The group that Rspamd shows it in.
        message: What the refused client reads behind the 5xx code; printable ASCII, at most 400
            characters. The default does not tell that the address forwards.
        actions: The actions of Rspamd that are turned into a refusal. ``rewrite subject`` belongs
            to them, because its threshold lies above ``add header`` in many set-ups.
        action: What is forced: ``reject``, or ``quarantine`` where the mail server holds it.
        address_map: File name of the map of addresses, under ``local.d/maps.d``.
        domain_map: File name of the map of catch-all domains without exceptions.
        pattern_map: File name of the map of catch-all domains with exceptions.
        pattern_limit: How many lines the latter may have. Each is tried on every recipient: 500
            make a scan about a millisecond longer (measured on 3.4).

    Raises:
        ValueError: A value cannot be written into Rspamd's files, or would refuse good mail.
    """

    mode: Mode = attrs.field(default="enforce", validator=_one_of(get_args(Mode)))
    symbol: str = attrs.field(
        default="IS_FORWARDING",
        validator=_written_as(_SYMBOL, "a letter and then letters, digits and '_'"),
    )
    group: str = attrs.field(
        default="forwardresolve",
        validator=_written_as(_NAME, "a letter and then letters, digits, '_' and '-'"),
    )
    message: str = attrs.field(
        default="This message was refused as spam",
        validator=_written_as(_MESSAGE, "one line of 1 to 400 printable ASCII characters"),
    )
    actions: tuple[str, ...] = attrs.field(default=("add header", "rewrite subject"), validator=_mark_spam)
    action: Action = attrs.field(default="reject", validator=_one_of(get_args(Action)))
    address_map: str = attrs.field(default="forwardings.inc.local", validator=_is_file_name)
    domain_map: str = attrs.field(default="forwardings-domains.inc.local", validator=_is_file_name)
    pattern_map: str = attrs.field(default="forwardings-patterns.inc.local", validator=_is_file_name)
    pattern_limit: int = attrs.field(default=500, validator=attrs.validators.ge(0))

    def __attrs_post_init__(self) -> None:
        """Refuse two maps in one file."""
        names = (self.address_map, self.domain_map, self.pattern_map)
        if len(set(names)) < len(names):
            msg = "address_map, domain_map and pattern_map must be three different files"
            raise ValueError(msg)
