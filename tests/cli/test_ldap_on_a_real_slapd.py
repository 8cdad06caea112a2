"""What a run says and leaves when a directory fails, on a real slapd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backends.ldap_directory import PAGE, SETTINGS, TWENTY, at
from servers.slapd import READER, READER_PASSWORD, SUFFIX, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.conftest import Run
    from servers.certificates import Certificates
    from servers.slapd import Slapd

pytestmark = pytest.mark.live


@pytest.fixture
def slapd(certificates: Certificates) -> Iterator[Slapd]:
    with slapd_with(certificates, TWENTY, SETTINGS) as running:
        yield running


def test_a_failed_read_leaves_what_was_there(
    slapd: Slapd, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, config, output = tmp_path / "secret", tmp_path / "config.toml", tmp_path / "out"
    secret.touch(mode=0o600)
    secret.write_text(READER_PASSWORD)
    config.write_text(
        f'[source.office]\nbackend = "ldap"\nurl = "{slapd.ipc}"\nbase = "{SUFFIX}"\npage_size = {PAGE}\n'
        f'bind_dn = "{READER}"\nbind_password = {{ file = "{secret}" }}\nhosted_domains = ["a.example"]\n'
        'rules = [{ keys = ["addr"], values = ["goesTo"] }]\n'
    )
    written = run("build", "--config", str(config), "--output", str(output))
    assert written.code == 0, written.err
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert any(b"u7@a.example" in content for content in before.values())

    at(PAGE, slapd.kill, monkeypatch)
    failed = run("build", "--config", str(config), "--output", str(output))

    assert (failed.code, failed.out) == (4, "")
    assert failed.err.startswith("forwardresolve: error: source office: ldapi://")
    assert READER_PASSWORD not in failed.err
    assert before == {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}


def test_a_diagnosis_on_the_command_line_tells_by_its_code(slapd: Slapd, run: Run) -> None:
    options = ("--option", f"url={slapd.ipc}", "--option", "sasl=external", "--option", "preset=laser")

    done = run("backends", "diagnose", "--backend", "ldap", *options)

    assert done.code == 7
    assert f"  who am I: dn:{READER}" in done.lines
    assert any(line.startswith("! rules: no rule finds anything") for line in done.lines)
