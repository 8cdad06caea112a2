"""The two configuration files of the multimap profile; they depend on the settings alone.

One rule of the type ``combined`` asks all maps and sets one symbol. Several multimap rules with
one ``symbol`` would not do: Rspamd keeps whichever it meets first and skips the others (measured
on 3.4). Its parts look up what selectors give, the parsed envelope recipients: never the bare
domain or local part, never a ``To`` header, and no second parse of the address, which finds
``info@a.example`` inside ``"<info@a.example>"@b.example`` (``filter = "email:addr"``, measured on 3.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forwardresolve.rspamd.settings import RspamdSettings

MAPS: Final = "local.d/maps.d"
"""The directory of the maps below the configuration root."""


def multimap_configuration(settings: RspamdSettings) -> str:
    """Write ``local.d/multimap.conf``: the symbol and the maps that set it."""
    return f"""{settings.symbol} {{
  type = "combined";
  description = "A recipient reaches an external address";
  group = "{settings.group}";
  score = 0;
  one_shot = true;
  expression = "envelope | original | domain | pattern";
  rules {{
    # The recipient as Rspamd has it, its +extension taken off.
    envelope {_part("set", "rcpts('smtp'):addr.lower", settings.address_map)}
    # The recipient as the client named it: an address that itself holds a +.
    original {_part("set", "rcpts('smtp','orig'):addr.lower", settings.address_map)}
    # Catch-all domains without exceptions.
    domain {_part("set", "rcpts('smtp','orig'):domain.lower", settings.domain_map)}
    # Catch-all domains with exceptions.
    pattern {_part("regexp", "rcpts('smtp','orig'):addr.lower", settings.pattern_map)}
  }}
}}
"""


def force_actions_configuration(settings: RspamdSettings) -> str:
    """Write ``local.d/force_actions.conf``: what becomes of spam to a listed recipient."""
    if settings.mode == "observe":
        return f'# mode = "observe": {settings.symbol} is set, and nothing is refused.\n'
    actions = ", ".join(_string(action) for action in settings.actions)
    return f"""rules {{
  {settings.symbol} {{
    action = {_string(settings.action)};
    expression = "{settings.symbol}";
    require_action = [{actions}];
    message = {_string(settings.message)};
  }}
}}
"""


def _part(kind: str, selector: str, name: str) -> str:
    return f'{{ type = "{kind}"; selector = "{selector}"; map = "$LOCAL_CONFDIR/{MAPS}/{name}"; }}'


def _string(text: str) -> str:
    """Quote a text for UCL, Rspamd's configuration language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
