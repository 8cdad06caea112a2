"""The backend ``ldap`` holds the contract, on a slapd of its own for every source."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs
import pytest

from backends.ldap_directory import SETTINGS, backend_of, entry
from forwardresolve.sdk import Secret
from forwardresolve.testing import BackendContract
from forwardresolve_backends.ldap import Ldap, Rule
from servers.slapd import new_slapd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve.testing import World
    from servers.certificates import Certificates
    from servers.slapd import Slapd

_ON: Final = "(&(objectClass=mailThing)(!(onOff=off)))"

RULES: Final = (
    Rule(yields="domain", filter=_ON, keys=("hostedName",)),
    Rule(
        yields="domain",
        filter="(&(objectClass=mailThing)(onOff=off))",
        keys=("hostedName",),
        domain_kind="suspended",
    ),
    Rule(yields="domain-alias", filter=_ON, keys=("twinName",), values=("goesTo",)),
    Rule(yields="mailbox", filter=f"(&{_ON}(!(goesTo=*)))", keys=("addr",)),
    Rule(filter=_ON, keys=("addr",), values=("goesTo",)),
)


def ldif_of(world: World) -> Iterator[str]:
    """Write a world as entries."""
    rows: list[dict[str, Any]] = [
        *({"hostedName": each} for each in world.domains),
        *({"hostedName": each, "onOff": "off"} for each in world.inactive_domains),
        *({"twinName": one, "goesTo": other} for one, other in world.domain_aliases),
        *({"addr": each} for each in world.mailboxes),
        *({"addr": each, "onOff": "off"} for each in world.inactive_mailboxes),
        *({"addr": source, "goesTo": each} for source, each in world.forwards),
        *({"addr": source, "goesTo": each, "onOff": "off"} for source, each in world.inactive_forwards),
    ]
    for number, row in enumerate(rows):
        yield entry(f"thing {number}", **row)


@pytest.mark.live
class TestLdap(BackendContract):
    lacks: ClassVar[Any] = {}

    @pytest.fixture(autouse=True)
    def _servers(self, certificates: Certificates) -> Iterator[None]:
        """Stop whatever a test has started."""
        self.certificates = certificates
        self.running: dict[Path, tuple[Slapd, contextlib.ExitStack]] = {}
        with contextlib.ExitStack() as self.at_the_end:
            yield

    def make_backend(self, world: World, tmp_path: Path) -> Ldap:
        slapd, serving = self.running.get(tmp_path) or self._new(tmp_path)
        serving.close()
        slapd.fill(*ldif_of(world))
        serving.enter_context(slapd.serving())
        return backend_of(slapd, *RULES, url=slapd.tls, ca_file=self.certificates.authority.certificate)

    def break_backend(self, backend: Any) -> None:  # noqa: ANN401 (of one class)
        for slapd, _ in self.running.values():
            if slapd.tls == backend.url:
                slapd.kill()

    def deny_backend(self, backend: Any) -> Any:  # noqa: ANN401 (of one class)
        return attrs.evolve(backend, bind_password=Secret("wr0ng-password"))

    def _new(self, directory: Path) -> tuple[Slapd, contextlib.ExitStack]:
        slapd = self.at_the_end.enter_context(new_slapd(self.certificates, SETTINGS))
        serving = self.at_the_end.enter_context(contextlib.ExitStack())
        self.running[directory] = slapd, serving
        return slapd, serving
