"""The registry: a backend by its name, and a clear word when there is none."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from forwardresolve import registry
from forwardresolve.errors import (
    BackendMisconfigured,
    BackendNotFound,
    BackendNotInstalled,
    ConfigError,
)
from forwardresolve.registry import backend_class, installed_backends, make_backend

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
import attrs

@attrs.frozen
class Panel:
    prefix: str = ""

    def records(self):
        return ()

class Plain:
    def records(self):
        return ()

nothing = None
"""


class _Distribution:
    version = "1.2"

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on the path, with a module that holds a good backend."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "good_panel.py").write_text(GOOD)
    (tmp_path / "needy_panel.py").write_text("import no_such_driver.deep")
    (tmp_path / "outdated_panel.py").write_text("from forwardresolve.sdk import Nothing")
    (tmp_path / "broken_panel.py").write_text("1 / 0")
    return tmp_path


def install(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str, str]) -> None:
    """Pretend that entry points ``(name, value, distribution)`` are installed."""
    made = []
    for name, value, distribution in entries:
        entry = EntryPoint(name, value, registry.GROUP)
        vars(entry)["dist"] = _Distribution(distribution) if distribution else None
        made.append(entry)
    monkeypatch.setattr(registry, "entry_points", lambda group: made if group == registry.GROUP else [])


@pytest.mark.usefixtures("modules")
def test_a_backend_is_found_by_the_name_of_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("panel", "good_panel:Panel", "good"))

    assert backend_class("panel").__name__ == "Panel"
    assert repr(make_backend("panel", {"prefix": "p_"}, "source.x")) == "Panel(prefix='p_')"


@pytest.mark.usefixtures("modules")
def test_a_backend_is_found_by_its_class() -> None:
    assert backend_class("good_panel:Panel").__name__ == "Panel"


@pytest.mark.usefixtures("modules")
def test_options_that_do_not_fit_are_a_problem_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"source\.x\.prefx: is not known; did you mean prefix\?"):
        make_backend("good_panel:Panel", {"prefx": "p_"}, "source.x")


@pytest.mark.usefixtures("modules")
def test_an_option_of_an_exposed_table_may_hold_no_password() -> None:
    with pytest.raises(ConfigError, match="holds a password, and it is open"):
        make_backend("good_panel:Panel", {"prefix": "mysql://u:p@h"}, "x", exposed="it is open")


def test_a_mistyped_name_gets_the_nearest_one_and_all_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("panel", "good_panel:Panel", "good"), ("sql", "good_panel:Panel", "good"))

    with pytest.raises(BackendNotFound) as caught:
        backend_class("panell")
    assert str(caught.value) == "there is no backend 'panell'; did you mean panel? (installed: panel, sql)"


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("no_such_panel:Panel", BackendNotFound, "no module no_such_panel"),
        ("good_panel.deeper:Panel", BackendNotFound, "no module good_panel.deeper"),
        ("good_panel:Nothing", BackendNotFound, "good_panel has no Nothing"),
        ("good_panel:", BackendNotFound, "there is no backend 'good_panel:'"),
        ("good_panel:Plain", BackendMisconfigured, "good_panel:Plain is no backend"),
        ("good_panel:nothing", BackendMisconfigured, "it must be an attrs class with a method records"),
        (
            "needy_panel:Panel",
            BackendNotInstalled,
            "needs the package no_such_driver; run: pip install no_such",
        ),
        ("outdated_panel:Panel", BackendMisconfigured, "fails on import: ImportError: cannot import name"),
        ("broken_panel:Panel", BackendMisconfigured, "fails on import: ZeroDivisionError: division by zero"),
    ],
)
def test_a_backend_that_cannot_be_used_says_why(name: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        backend_class(name)
    assert said in str(caught.value)


@pytest.mark.usefixtures("modules")
def test_two_distributions_with_one_name_are_refused_and_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("panel", "good_panel:Panel", "one"), ("panel", "broken_panel:Panel", "other"))

    with pytest.raises(BackendMisconfigured, match=r"two distributions bring it: one 1\.2 and other 1\.2"):
        backend_class("panel")


@pytest.mark.usefixtures("modules")
def test_one_backend_seen_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("panel", "good_panel:Panel", "one"), ("panel", "good_panel:Panel", "one"))

    assert backend_class("panel").__name__ == "Panel"


@pytest.mark.usefixtures("modules")
def test_all_installed_backends_are_listed_with_why_one_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ("panel", "good_panel:Panel", "good"), ("needy", "needy_panel:Panel", ""))

    needy, panel = installed_backends()

    assert (panel.name, panel.version, panel.distribution, panel.problem) == ("panel", "1.2", "good", "")
    assert panel.available
    assert needy.name == "needy"
    assert not needy.available
    assert "pip install no_such_driver" in needy.problem
    assert (needy.version, needy.distribution) == ("", "")


@pytest.mark.usefixtures("modules")
def test_a_nameless_distribution_is_named_so(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("panel", "broken_panel:Panel", ""))

    with pytest.raises(BackendMisconfigured, match="an unknown distribution fails on import"):
        backend_class("panel")
