"""What a run says and leaves when a directory fails, on a real slapd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import pytest

from backends.ldap_directory import PAGE, SETTINGS, TWENTY, at
from servers import bad_lines
from servers.slapd import READER, READER_PASSWORD, SUFFIX, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.conftest import Outcome, Run
    from servers.certificates import Certificates
from servers.slapd import Slapd

pytestmark = pytest.mark.live


@pytest.fixture
def slapd(certificates: Certificates) -> Iterator[Slapd]:
    with slapd_with(certificates, TWENTY, SETTINGS) as running:
        yield running


@attrs.frozen
class Office:
    """A source in a configuration, and where its list is written."""

    slapd: Slapd
    directory: Path
    run: Run

    def build(self, **changes: object) -> Outcome:
        """Build with other options of the source."""
        options = {
            "backend": "ldap",
            "url": self.slapd.plain,
            "tls": "none",
            "base": SUFFIX,
            "page_size": PAGE,
            "receive_timeout": 1,
            "bind_dn": READER,
            "bind_password": {"file": str(self.directory / "secret")},
            "hosted_domains": ["a.example"],
            "rules": [{"keys": ["addr"], "values": ["goesTo"]}],
        }
        lines = [f"{key} = {toml(value)}\n" for key, value in {**options, **changes}.items()]
        config = self.directory / "config.toml"
        config.write_text("".join(["[source.office]\n", *lines]))
        return self.run("build", "--config", str(config), "--output", str(self.directory / "out"))

    def list(self) -> dict[Path, bytes]:
        """Return what was written."""
        return {path: path.read_bytes() for path in (self.directory / "out").rglob("*") if path.is_file()}


@pytest.fixture
def office(slapd: Slapd, run: Run, tmp_path: Path) -> Office:
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_text(READER_PASSWORD)
    return Office(slapd, tmp_path, run)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"url": "ldap://127.0.0.1:1"}, "cannot be reached"),
        ({"url": "hung"}, "says nothing"),
        ({"url": "tls", "tls": "ldaps"}, "certificate that is refused"),
        ({"bind_dn": f"cn=nobody,{SUFFIX}"}, "refuses the login"),
        ({"base": f"ou=nowhere,{SUFFIX}"}, "has no such entry"),
        (
            {"rules": [{"keys": ["addr"], "values": ["goesTo"], "filter": "(!(status=off))"}]},
            "attribute status",
        ),
        ({"killed": True}, ""),
    ],
)
def test_a_failed_read_leaves_what_was_there(
    fault: dict[str, object], says: str, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = office.build()
    assert written.code == 0, written.err
    before = office.list()
    assert any(b"u7@a.example" in content for content in before.values())

    with bad_lines.listening(bad_lines.say_nothing) as line:
        changes = {**fault, "url": fault.get("url", office.slapd.plain)}
        if changes.pop("killed", False):
            at(PAGE, office.slapd.kill, monkeypatch)
        urls: dict[object, str] = {"hung": f"ldap://127.0.0.1:{line.port}", "tls": office.slapd.tls}
        changes["url"] = urls.get(changes["url"], changes["url"])
        failed = office.build(**changes)

    assert (failed.code, failed.out) == (4, "")
    assert failed.err.startswith("forwardresolve: error: source office: ldap")
    assert says in failed.err
    assert READER_PASSWORD not in failed.err
    assert office.list() == before


def test_a_diagnosis_on_the_command_line_tells_by_its_code(slapd: Slapd, run: Run) -> None:
    options = ("--option", f"url={slapd.ipc}", "--option", "sasl=external", "--option", "preset=laser")

    done = run("backends", "diagnose", "--backend", "ldap", *options)

    assert done.code == 7
    assert f"  who am I: dn:{READER}" in done.lines
    assert any(line.startswith("! rules: no rule finds anything") for line in done.lines)
