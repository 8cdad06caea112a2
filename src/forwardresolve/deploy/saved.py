"""A plan in a file: for a second pair of eyes, and to see that nothing has moved since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from forwardresolve.deploy.showing import SCHEMA_VERSION, as_json
from forwardresolve.errors import TargetError, UnsafeChange
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.deploy.plan import Plan

_MODE = 0o600


def save(plan: Plan, path: Path, version: str) -> None:
    """Write a plan into a file that only its owner can read.

    Args:
        plan: The plan.
        path: The file.
        version: The version of forwardresolve that made it.

    Raises:
        TargetError: The file system refuses.
    """
    text = json.dumps({"version": version, **as_json(plan)}, indent=1)
    try:
        replace(path, f"{text}\n".encode(), _MODE)
    except OSError as error:
        msg = f"{error.filename or path}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error


def still_holds(plan: Plan, path: Path, version: str) -> None:
    """Make sure that a plan is the one in a file: neither sources nor targets have moved.

    Args:
        plan: The plan, made anew.
        path: The file.
        version: The version of forwardresolve that runs.

    Raises:
        UnsafeChange: It is another plan, one of another version, or the file is none.
    """
    saved = _read(path)
    if saved.get("version") != version or saved.get("schema_version") != SCHEMA_VERSION:
        was = saved.get("version")
        msg = f"{path}: was made by forwardresolve {was}, and this is {version}; make the plan again"
        raise UnsafeChange(msg)
    if saved.get("digest") == plan.digest:
        return
    moved = "; ".join(_moved(plan, saved)) or "the sources gave something else"
    msg = f"{path}: is another plan than the one of now, so nothing was touched: {moved}; make the plan again"
    raise UnsafeChange(msg)


def _read(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise UnsafeChange(msg) from error
    except ValueError:
        saved = None
    if not isinstance(saved, dict) or not isinstance(saved.get("targets"), list):
        msg = f"{path}: is no plan of forwardresolve"
        raise UnsafeChange(msg)
    return saved


def _moved(plan: Plan, saved: dict[str, Any]) -> list[str]:
    before = {each.get("name"): each for each in saved["targets"] if isinstance(each, dict)}
    found = []
    for each in plan.targets:
        was = before.get(each.name, {})
        held = each.held.digest if each.held else None
        if was.get("held") != held:
            found.append(f"target {each.name} holds something else")
        elif was.get("wanted") != each.wanted.digest:
            found.append(f"the sources have changed for target {each.name}")
    return found
