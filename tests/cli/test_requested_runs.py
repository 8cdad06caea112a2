"""``apply --requests``: what a panel asked for is done, and done after whatever is under way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from forwardresolve.deploy.state import locked, wait_for_others
from forwardresolve.errors import TargetError
from forwardresolve.operate.requests import leave

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Outcome, Run


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a request, and nobody who waits for another."""
    monkeypatch.setattr("forwardresolve.operate.requests.SETTLING", 0.0)
    directory = tmp_path / "requests"
    directory.mkdir()
    leave(["info@a.example"], directory)
    return directory


def apply(run: Run, tmp_path: Path, requests: Path, *, backend: str = "Small") -> Outcome:
    path = tmp_path / "config.toml"
    path.write_text(
        f'state_dir = "{tmp_path}/state"\n[source.panel]\nbackend = "sample_backends:{backend}"\n'
        f'[[target]]\nname = "mx1"\nkind = "directory"\nroot = "{tmp_path}/mx1"\n'
        f'[deploy]\nhooks = "{tmp_path}/hooks"\n'
    )
    return run("--debug", "apply", "--first", "--requests", str(requests), "--config", str(path))


def test_a_request_is_taken_and_told(run: Run, tmp_path: Path, requests: Path) -> None:
    done = apply(run, tmp_path, requests)

    assert done.code == 0
    assert "debug: requested for: info@a.example\n" in done.err
    assert list(requests.iterdir()) == []
    assert "requested" not in apply(run, tmp_path, requests).err


def test_a_request_is_taken_even_when_the_run_fails(run: Run, tmp_path: Path, requests: Path) -> None:
    assert apply(run, tmp_path, requests, backend="NoSuch").code == 4
    assert list(requests.iterdir()) == []


def test_what_is_under_way_is_waited_for(tmp_path: Path) -> None:
    held, free = threading.Event(), threading.Event()

    def other() -> None:
        with locked(tmp_path):
            held.set()
            free.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    assert held.wait(60)

    def give_way(_: float) -> None:
        free.set()
        thread.join()

    wait_for_others(tmp_path, 60, give_way)

    assert not thread.is_alive()


def test_patience_has_an_end(tmp_path: Path) -> None:
    waited: list[float] = []

    with locked(tmp_path), pytest.raises(TargetError, match="another run is under way"):
        wait_for_others(tmp_path, 3, waited.append)

    assert sum(waited) == 3


def test_requests_that_cannot_be_taken_end_the_run_before_it_begins(
    run: Run, tmp_path: Path, requests: Path
) -> None:
    (requests / "directory").mkdir()

    done = apply(run, tmp_path, requests)

    assert done.code == 6
    assert "the requests cannot be taken" in done.err
    assert not (tmp_path / "mx1").exists()
