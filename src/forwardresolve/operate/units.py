"""The files by which systemd runs it: services, timers, paths, the user, the directory of requests."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.operate.requests import DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS: Final = (
    "forwardresolve.service",
    "forwardresolve.timer",
    "forwardresolve.path",
    "forwardresolve-watch.service",
    "forwardresolve-verify.service",
    "forwardresolve-verify.timer",
    "forwardresolve-upgraded.service",
    "forwardresolve-upgraded.path",
)

STARTED: Final = tuple(each for each in UNITS if not each.endswith(".service"))
"""The units that an admin enables; they start the services."""

_TEMPLATES: Final = files(__package__) / "units"
_PLAIN: Final = re.compile(r"/[A-Za-z0-9_./@:+-]*").fullmatch
_GROUP: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*").fullmatch


def _is_plain(_: object, attribute: attrs.Attribute[Path], path: Path) -> None:
    if _PLAIN(str(path)) is None:
        msg = f"{attribute.name} must be an absolute path without blanks, quotes and %, not {str(path)!r}"
        raise ValueError(msg)


def _is_group(_: object, attribute: attrs.Attribute[str], name: str) -> None:
    if name and _GROUP(name) is None:
        msg = f"{attribute.name} must be the name of a group, not {name!r}"
        raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Site:
    """What the units of a site say.

    Args:
        program: The absolute path of the command ``forwardresolve``.
        config: The configuration file.
        requests: Where requests are left.
        maps: The directory of the maps, where this host is a front end itself.
        rspamd_group: The group of Rspamd on this host, which may read the maps; empty where there
            is none.
        panel_group: The group whose members may leave requests; empty: only root and the service.

    Raises:
        ValueError: A path or name would be read by systemd as something else.
    """

    program: Path = attrs.field(validator=_is_plain)
    config: Path = attrs.field(validator=_is_plain)
    requests: Path = attrs.field(default=DIRECTORY, validator=_is_plain)
    maps: Path = attrs.field(default=Path("/etc/rspamd/local.d/maps.d"), validator=_is_plain)
    rspamd_group: str = attrs.field(default="", validator=_is_group)
    panel_group: str = attrs.field(default="", validator=_is_group)


def unit_files(site: Site) -> Mapping[str, str]:
    """Write the files for a site.

    Returns:
        Each path below ``/etc`` with its text.
    """
    group = site.rspamd_group
    words = {
        "program": str(site.program),
        "config": str(site.config),
        "requests": str(site.requests),
        "maps": str(site.maps),
        "parent": str(site.requests.parent),
        # The sticky bit leaves what a member has written to the member and to the service.
        "mode": "1730" if site.panel_group else "0700",
        "panel_group": site.panel_group or "forwardresolve",
        "groups": f"SupplementaryGroups={group}\n" if group else "",
        "membership": f"m forwardresolve {group}" if group else "",
    }
    words["hardening"] = _filled("hardening", words)
    made = {f"systemd/system/{name}": _filled(name, words) + "\n" for name in UNITS}
    made["sysusers.d/forwardresolve.conf"] = _filled("sysusers.conf", words) + "\n"
    made["tmpfiles.d/forwardresolve.conf"] = _filled("tmpfiles.conf", words) + "\n"
    return made


def _filled(name: str, words: Mapping[str, str]) -> str:
    text = (_TEMPLATES / f"{name}.in").read_text(encoding="utf-8")
    return Template(text).substitute(words).rstrip("\n")
