"""The examples for panels speak to a watcher as they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from forwardresolve import Domain, Forward, ForwardingGraph, LiveResolution
from forwardresolve.watch.client import ENVIRONMENT
from forwardresolve.watch.door import open_door
from forwardresolve.watch.wire import table_of
from servers.private import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forwardresolve.watch.door import Answer
    from forwardresolve.watch.talking import Asked

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANGE = {"source": "sales@a.example", "destinations": "ann@a.example"}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveResolution]:
    """An answer that panels can ask."""
    records = (Domain("a.example"), Forward("ann@a.example", "out@b.example"))
    made = LiveResolution(ForwardingGraph.from_records(records))

    def answer(asked: Asked) -> Answer:
        do = made.preview if asked.ask == "preview" else made.apply
        return {"delta": table_of(do(asked.changes)), "notes": []}

    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "socket"))
    with open_door(tmp_path / "socket", answer):
        yield made


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The example, on as much of Django as it uses."""

    class Atomic:
        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            for each in committed:
                each()

    committed: list[Callable[[], None]] = []
    given: dict[str, dict[str, Any]] = {
        "django.db": {"transaction": SimpleNamespace(atomic=Atomic, on_commit=committed.append)},
        "django.http": {
            "HttpRequest": object,
            "JsonResponse": lambda table, status=200: (status, json.loads(json.dumps(table))),
        },
        "django.views.decorators.http": {"require_POST": lambda view: view},
    }
    for name, members in given.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("django", "django.views", "django.views.decorators"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    names: dict[str, Any] = {"__name__": "watch_django"}
    path = EXAMPLES / "watch_django.py"
    exec(compile(path.read_text(), path, "exec"), names)  # noqa: S102 (our own example)
    return names


def asked(**table: str) -> SimpleNamespace:
    return SimpleNamespace(body=json.dumps(table).encode())


@pytest.mark.usefixtures("live")
def test_a_view_of_django_says_what_would_be_refused(views: dict[str, Any]) -> None:
    assert views["preview"](asked(**CHANGE)) == (200, {"refused": ["sales@a.example"], "no_longer": []})
    status, said = views["preview"](asked(source="sales@", destinations="x"))
    assert status == 400
    assert said["problem"]


def test_a_view_of_django_tells_watch_after_the_commit(live: LiveResolution, views: dict[str, Any]) -> None:
    assert views["save"](asked(**CHANGE)) == (200, {"saved": True})
    assert "sales@a.example" in live


def test_a_view_of_django_saves_while_nobody_watches(
    tmp_path: Path, views: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    views["watch"] = type(views["watch"])(tmp_path / "nobody")
    assert views["preview"](asked(**CHANGE)) == (200, {"refused": None})
    assert views["save"](asked(**CHANGE)) == (200, {"saved": True})
    assert "does not answer" in caplog.text


@pytest.mark.live
def test_the_panel_in_php_speaks_to_watch(
    live: LiveResolution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    php = find_program("php", "php-cli")
    refused = "Spam to sales@a.example will be refused from now on.\n"
    assert _php(php, "preview", *CHANGE.values()) == refused
    assert "sales@a.example" not in live
    assert _php(php, "push", *CHANGE.values()) == refused
    assert "sales@a.example" in live
    assert _php(php, "push", "sales@", "x").startswith("This cannot be saved: ")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nobody"))
    assert _php(php, "push", *CHANGE.values()) == "watch does not answer\n"


def _php(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [program, str(EXAMPLES / "watch.php"), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout
