"""The configuration files of both profiles; they depend on the settings alone.

Multimap: one rule of the type ``combined`` asks all maps and sets one symbol. Several multimap
rules with one ``symbol`` would not do: Rspamd keeps whichever it meets first and skips the others
(measured on 3.4). Its parts look up what selectors give, the parsed envelope recipients: never the
bare domain or local part, never a ``To`` header, and no second parse of the address, which finds
``info@a.example`` inside ``"<info@a.example>"@b.example`` (``filter = "email:addr"``, measured on 3.4).

Plugin: a section of its own, so that nothing of the admin's is merged with or replaced. It stands
in ``modules.d``, which Rspamd includes as a whole, and takes in ``local.d/forwardresolve.conf`` and
``override.d/forwardresolve.conf`` as the sections of stock modules do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.settings import QUEUE_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.rspamd.settings import RspamdSettings

MAPS: Final = "local.d/maps.d"
"""The directory of the maps below the configuration root."""

JOURNAL: Final = f"{MAPS}/.forwardresolve.json"
"""Where a deployment notes which generation the maps are; Rspamd reads only files that it is told of."""


def multimap_configuration(settings: RspamdSettings) -> str:
    """Write ``local.d/multimap.conf``: the symbol and the maps that set it."""
    rules: dict[str, str] = {}
    for place, (addresses, domains) in enumerate(
        zip(_urls(settings, settings.address_map), _urls(settings, settings.domain_map), strict=True)
    ):
        suffix = "_cdb" * place
        rules[f"envelope{suffix}"] = _part("set", "rcpts('smtp'):addr.lower", addresses)
        rules[f"original{suffix}"] = _part("set", "rcpts('smtp','orig'):addr.lower", addresses)
        rules[f"domain{suffix}"] = _part("set", "rcpts('smtp','orig'):domain.lower", domains)
    patterns = f"$LOCAL_CONFDIR/{MAPS}/{settings.pattern_map}"
    rules["pattern"] = _part("regexp", "rcpts('smtp','orig'):addr.lower", patterns)
    lines = "\n".join(f"    {name} {part}" for name, part in rules.items())
    both = "  # A short list is text, a long one a database (cdb).\n" if settings.map_format == "auto" else ""
    return f"""{settings.symbol} {{
  type = "combined";
  description = "A recipient reaches an external address";
  group = "{settings.group}";
  score = 0;
  one_shot = true;
  expression = "{" | ".join(rules)}";
  # envelope: the recipient as Rspamd has it, its +extension taken off.
  # original: the recipient as the client named it, an address that itself holds a +.
  # domain, pattern: catch-all domains without exceptions, and with them.
{both}  rules {{
{lines}
  }}
}}
{_relays(settings)}"""


def force_actions_configuration(settings: RspamdSettings) -> str:
    """Write ``local.d/force_actions.conf``: what becomes of spam to a listed recipient."""
    if settings.mode == "observe":
        return f'# mode = "observe": {settings.symbol} is set, and nothing is refused.\n'
    exempt = (*settings.exempt_symbols, *([_relay_symbol(settings)] if settings.trusted_relays else ()))
    expression = " & ".join((settings.symbol, *(f"!{symbol}" for symbol in exempt)))
    return f"""rules {{
  {settings.symbol} {{
    action = {_string(settings.action)};
    expression = "{expression}";
    require_action = {_list(settings.actions)};
    message = {_string(settings.message.replace(QUEUE_ID, "${queueid}"))};
  }}
}}
"""


def actions_configuration(settings: RspamdSettings) -> str:
    """Write ``local.d/actions.conf``: an action that no score reaches, and that is known all the same.

    Rspamd refuses to force an action that its configuration does not name (measured on 3.4 and 4.1).
    """
    return f'{settings.action} {{ flags = ["no_threshold"]; }}\n'


def plugin_configuration(settings: RspamdSettings) -> str:
    """Write ``modules.d/forwardresolve.conf``: the section of the plugin."""
    names = ("map", "database")
    maps = "".join(
        f'  {name} = "{url}";\n'
        for name, url in zip(names, _urls(settings, settings.table_map), strict=False)
    )
    optional = ""
    if settings.exempt_symbols:
        optional += f"  exempt_symbols = {_list(settings.exempt_symbols)};\n"
    if settings.trusted_relays:
        optional += f"  trusted_relays = {_list(settings.trusted_relays)};\n"
    return f"""forwardresolve {{
{maps}  mode = "{settings.mode}";
  symbol = "{settings.symbol}";
  group = "{settings.group}";
  recipients = "{settings.recipients}";
  actions = {_list(settings.actions)};
  action = {_string(settings.action)};
  message = {_string(settings.message)};
  over_passthrough = {str(settings.over_passthrough).lower()};
{optional}  .include(try=true,priority=5) "$LOCAL_CONFDIR/local.d/forwardresolve.conf"
  .include(try=true,priority=10) "$LOCAL_CONFDIR/override.d/forwardresolve.conf"
}}
"""


def _relay_symbol(settings: RspamdSettings) -> str:
    return f"{settings.symbol}_RELAY"


def _relays(settings: RspamdSettings) -> str:
    """Write the rule that knows the relays whose mail is not refused."""
    if not settings.trusted_relays:
        return ""
    return f"""{_relay_symbol(settings)} {{
  type = "ip";
  description = "Comes from a relay of ours, which would have to bounce what is refused";
  group = "{settings.group}";
  score = 0;
  map = {_list(settings.trusted_relays)};
}}
"""


def _urls(settings: RspamdSettings, name: str) -> list[str]:
    """Return how Rspamd finds the files of a map."""
    scheme = {"text": "", "cdb": "cdb://"}
    files = settings.files(name).items()
    return [f"{scheme[kind]}$LOCAL_CONFDIR/{MAPS}/{file}" for kind, file in files]


def _part(kind: str, selector: str, url: str) -> str:
    return f'{{ type = "{kind}"; selector = "{selector}"; map = "{url}"; }}'


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, texts))}]"


def _string(text: str) -> str:
    """Quote a text for UCL, Rspamd's configuration language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
