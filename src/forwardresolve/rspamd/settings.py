"""What an admin can choose about the Rspamd output: the table ``[rspamd]``."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from forwardresolve.addresses import normalise
from forwardresolve.rspamd.exemptions import Exemption, is_address

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

Profile = Literal["multimap", "plugin"]
Mode = Literal["enforce", "observe"]
Action = Literal["reject", "quarantine"]
Recipients = Literal["any", "all", "drop"]
MapFormat = Literal["auto", "text", "cdb"]
Format = Literal["text", "cdb"]

QUEUE_ID: Final = "{queue_id}"
"""What stands in a message for the queue id."""

_HARMLESS: Final = frozenset({"no action", "accept", "greylist", "soft reject"})
"""Actions of mail that is no spam, or not yet known to be; forcing them refuses good mail."""

_FILE_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_NAME: Final = r"[A-Za-z][A-Za-z0-9_-]{0,62}"
_SYMBOL: Final = r"[A-Za-z][A-Za-z0-9_]{0,62}"
_MESSAGE: Final = r"(?!.*\$\{)[\x20-\x7e]{1,400}"
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


def _are_networks(_: Any, attribute: attrs.Attribute[Any], networks: tuple[str, ...]) -> None:  # noqa: ANN401
    for text in networks:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            msg = f"{attribute.name} must name IP addresses and networks, not {text!r}"
            raise ValueError(msg) from None


_is_symbol = _written_as(_SYMBOL, "a letter and then letters, digits and '_'")
_is_file_name = _written_as(_FILE_NAME, "a plain file name of letters, digits, '.', '_' and '-'")


@attrs.frozen(kw_only=True)
class RspamdSettings:
    """The table ``[rspamd]`` of the configuration.

    Args:
        profile: ``multimap`` is the published recipe and needs no code in Rspamd; ``plugin`` is a
            Lua plugin that looks recipients up as Postfix does.
        mode: ``enforce`` refuses spam to a listed recipient; ``observe`` only sets the symbol, so
            that an operator can count first.
        symbol: The symbol that a listed recipient sets, with score 0.
        group: The group that Rspamd shows it in.
        message: What the refused client reads behind the 5xx code; printable ASCII, at most 400
            characters; ``{queue_id}`` stands for the queue id. The default does not tell that the
            address forwards.
        actions: The actions of Rspamd that are turned into a refusal. ``rewrite subject`` belongs
            to them, because its threshold lies above ``add header`` in many set-ups.
        action: What is forced: ``reject``, or ``quarantine`` where the mail server holds it.
        recipients: Which messages with several recipients are refused: where ``any`` is listed,
            or where ``all`` are; ``drop`` refuses where all are and takes the listed recipients
            off where some are not. The plugin profile knows all three.
        accept_silent_loss: ``drop`` deletes what was already answered with 250, without a word to
            anybody; true says that this is known and wanted.
        over_passthrough: Whether the plugin also refuses where another rule has set one of the
            actions as a final result. Some sites soften on purpose.
        exempt: Addresses that are left alone though they reach outside.
        protect: Addresses and ``@domain`` that are treated as listed though they are not.
        exempt_symbols: Nothing is refused when one of these symbols is set.
        trusted_relays: IP addresses and networks whose mail is never refused, such as a backup MX
            of one's own: it would have to send a bounce.
        address_map: File name of the map of addresses, under ``local.d/maps.d``.
        domain_map: File name of the map of catch-all domains without exceptions.
        pattern_map: File name of the map of catch-all domains with exceptions.
        pattern_limit: How many lines the latter may have. Each is tried on every recipient: 500
            make a scan about a millisecond longer (measured on 3.4).
        table_map: File name of the one map of the plugin profile.
        map_format: ``text``, or ``cdb``: a constant database, with ``.cdb`` behind the name of its
            file, is not read at a change, so no scan waits for it. ``auto`` has both files, and
            the list is in the one or the other, as it is short or long.

    Raises:
        ValueError: A value cannot be written into Rspamd's files, or would refuse good mail.
    """

    profile: Profile = attrs.field(default="multimap", validator=_one_of(get_args(Profile)))
    mode: Mode = attrs.field(default="enforce", validator=_one_of(get_args(Mode)))
    symbol: str = attrs.field(default="IS_FORWARDING", validator=_is_symbol)
    group: str = attrs.field(
        default="forwardresolve",
        validator=_written_as(_NAME, "a letter and then letters, digits, '_' and '-'"),
    )
    message: str = attrs.field(
        default="This message was refused as spam",
        validator=_written_as(_MESSAGE, "one line of 1 to 400 printable ASCII characters without '${'"),
    )
    actions: tuple[str, ...] = attrs.field(default=("add header", "rewrite subject"), validator=_mark_spam)
    action: Action = attrs.field(default="reject", validator=_one_of(get_args(Action)))
    recipients: Recipients = attrs.field(default="any", validator=_one_of(get_args(Recipients)))
    accept_silent_loss: bool = False
    over_passthrough: bool = False
    exempt: tuple[Exemption, ...] = ()
    protect: tuple[str, ...] = attrs.field(default=(), validator=is_address)
    exempt_symbols: tuple[str, ...] = attrs.field(
        default=(), validator=attrs.validators.deep_iterable(_is_symbol)
    )
    trusted_relays: tuple[str, ...] = attrs.field(default=(), validator=_are_networks)
    address_map: str = attrs.field(default="forwardings.inc.local", validator=_is_file_name)
    domain_map: str = attrs.field(default="forwardings-domains.inc.local", validator=_is_file_name)
    pattern_map: str = attrs.field(default="forwardings-patterns.inc.local", validator=_is_file_name)
    pattern_limit: int = attrs.field(default=500, validator=attrs.validators.ge(0))
    table_map: str = attrs.field(default="forwardings-table.inc.local", validator=_is_file_name)
    map_format: MapFormat = attrs.field(default="auto", validator=_one_of(get_args(MapFormat)))

    def __attrs_post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        names = (self.address_map, self.domain_map, self.pattern_map, self.table_map)
        if len(set(names)) < len(names):
            msg = "address_map, domain_map, pattern_map and table_map must be different files"
            raise ValueError(msg)
        if self.recipients == "drop" and not self.accept_silent_loss:
            msg = (
                'recipients = "drop" deletes spam for some recipients after the client was told 250, and '
                "nobody learns of it; say accept_silent_loss = true if that is wanted"
            )
            raise ValueError(msg)
        if self.profile == "multimap" and (self.recipients != "any" or self.over_passthrough):
            msg = 'recipients other than "any" and over_passthrough need profile = "plugin"'
            raise ValueError(msg)
        both = {normalise(each.address) for each in self.exempt} & set(map(normalise, self.protect))
        if both:
            msg = f"{min(both)} is both in exempt and in protect"
            raise ValueError(msg)

    def files(self, name: str) -> Mapping[Format, str]:
        """Return the names of the files of a map, by their format."""
        both: dict[Format, str] = {"text": name, "cdb": f"{name}.cdb"}
        return both if self.map_format == "auto" else {self.map_format: both[self.map_format]}

    def on(self, day: dt.date) -> RspamdSettings:
        """Return the settings without the exemptions whose last day is over."""
        return attrs.evolve(self, exempt=tuple(each for each in self.exempt if each.holds(day)))
