"""Steps of an installation, and what a failing one leaves."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd import installing
from forwardresolve.rspamd.installing import Steps, apply, carry_out
from forwardresolve.rspamd.placement import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUIET = Steps(configtest="true", reload="true")


def _change(path: str, before: bytes | None, after: bytes | None) -> Change:
    return Change(path, before, after, "map" if "map" in path else "configuration")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a root with a map and a configuration in it."""
    for name in ("old.map", "old.conf", "both.conf"):
        (tmp_path / name).write_bytes(b"old")
    return tmp_path


_CHANGES = (
    _change("both.conf", b"old", b"new"),
    _change("new/new.map", None, b"new"),
    _change("old.conf", b"old", None),
    _change("old.map", b"old", None),
)


def _state(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_all_steps_are_done_and_maps_go_last(root: Path) -> None:
    seen = []

    def verify() -> str:
        seen.append(_state(root))
        return ""

    carry_out(_CHANGES, root, Steps("true", f"touch {root}/reloaded", verify))
    assert seen == [{"both.conf": b"new", "new/new.map": b"new", "old.map": b"old", "reloaded": b""}]
    assert _state(root) == {"both.conf": b"new", "new/new.map": b"new", "reloaded": b""}


def test_steps_can_be_left_out(root: Path) -> None:
    carry_out(_CHANGES, root, Steps("", ""))
    assert "old.map" not in _state(root)


@pytest.mark.parametrize(
    ("configtest", "said"),
    [
        ("false", "false: ends with 1"),
        ("echo cannot add rule: X", "says that it is fine, and: cannot add rule: X"),
        ("echo Couldnt create expression [&]", "Couldnt create expression"),
        ("echo load of /etc/rspamd/plugins.d/forwardresolve.lua failed: x", "forwardresolve.lua failed"),
    ],
)
def test_a_configuration_that_does_not_hold_is_taken_back(root: Path, configtest: str, said: str) -> None:
    before = _state(root)
    with pytest.raises(TargetError, match=said) as caught:
        carry_out(_CHANGES, root, Steps(configtest, f"touch {root}/reloaded"))
    assert str(caught.value).endswith("everything is as it was before")
    assert _state(root) == before


def test_a_reload_that_fails_is_taken_back_and_tried_again(root: Path, tmp_path: Path) -> None:
    before = _state(root)
    with pytest.raises(TargetError, match=r"(?s)ends with 1.*Rspamd does not read them"):
        carry_out(_CHANGES, root, Steps("true", "false"))
    assert _state(root) == before
    assert tmp_path == root


def test_a_rspamd_that_does_not_do_it_is_given_time_and_then_what_it_had(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "_PATIENCE", 0.3)

    def problems() -> Iterator[str]:
        yield "not yet"
        while True:
            yield "box@a.example: refused"

    asked = problems()

    def verify() -> str:
        said = next(asked)
        if said == "not yet":
            raise TargetError(said)
        return said

    before = _state(root)
    with pytest.raises(TargetError, match="does not do what it should: box@a"):
        carry_out(_CHANGES, root, Steps("true", "true", verify))
    assert _state(root) == before


def test_a_file_keeps_its_mode_and_a_new_one_gets_the_owner(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: dict[str, tuple[int, int]] = {}

    def chown(path: Path, user: int, group: int) -> None:
        owners[path.name.split(".")[1]] = (user, group)

    monkeypatch.setattr(os, "chown", chown)
    (root / "both.conf").chmod(0o640)
    apply(_CHANGES[:2], root, (11333, 11334))
    assert stat.S_IMODE((root / "both.conf").stat().st_mode) == 0o640
    assert stat.S_IMODE((root / "new/new.map").stat().st_mode) == 0o644
    assert owners == {"both": (os.getuid(), os.getgid()), "new": (11333, 11334)}


def test_a_file_system_that_refuses_leaves_what_was_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _state(root)
    genuine = Path.replace
    left = [None, None, OSError(28, "No space left on device", str(root / "last.conf"))]

    def replace(self: Path, target: Path) -> Path:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return genuine(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    changes = (*_CHANGES[:3], _change("z.conf", None, b"new"))
    with pytest.raises(TargetError, match=r"last\.conf: cannot be written: No space left"):
        apply(changes, root)
    assert _state(root) == before
