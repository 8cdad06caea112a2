"""HttpPanel holds the contract of forwardresolve: every test comes from `BackendContract`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest
from forwardresolve_httppanel import HttpPanel
from panel import TOKEN, Panel

from forwardresolve.sdk import Secret
from forwardresolve.testing import BackendContract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forwardresolve.testing import World


class TestHttpPanel(BackendContract):
    lacks: ClassVar[Any] = {
        "domain_aliases": "the panel has none",
        "inactive_mailboxes": "the panel does not give them away",
        "inactive_forwards": "the panel does not give them away",
    }

    @pytest.fixture(autouse=True)
    def _start(self, panel: Panel) -> None:
        self.panel = panel

    def make_backend(self, world: World, tmp_path: Path) -> HttpPanel:
        del tmp_path
        self.panel.hold(world)
        return HttpPanel(url=self.panel.url, token=Secret(TOKEN))

    def break_backend(self, backend: HttpPanel) -> None:
        del backend
        self.panel.fail("status")

    def deny_backend(self, backend: HttpPanel) -> HttpPanel:
        return attrs.evolve(backend, token=Secret("wr0ng-token"))

    def make_options(self, world: World, tmp_path: Path) -> Mapping[str, Any]:
        self.panel.hold(world)
        token = tmp_path / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        return {"url": self.panel.url, "token": {"file": str(token)}, "page_size": 7}
