"""Secrets: fetched from where they lie, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.secret import Secret, holds_password

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_is_shown_by_nothing_but_reveal() -> None:
    @attrs.frozen
    class Backend:
        password: Secret

    secret = Secret("hunter2")

    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {Backend(secret)!r}"


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hunter2")

    assert Secret.from_table({"env": "A_SECRET"}).reveal() == "hunter2"


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter 2 \r\n")
    file.chmod(0o640)

    assert Secret.from_table({"file": str(file)}).reveal() == "hunter 2 "


def test_a_secret_comes_from_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    file = tmp_path / "ldap"
    file.write_text("hunter2\n")
    file.chmod(0o444)

    assert Secret.from_table({"credential": "ldap"}).reveal() == "hunter2"


def test_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2")
    file.chmod(0o644)

    with pytest.raises(ConfigError, match=f"is open to others; run: chmod o-rwx {file}"):
        Secret.from_table({"file": str(file)})


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere cannot be read: No such file or directory"):
        Secret.from_table({"file": str(tmp_path / "nowhere")})

    file = tmp_path / "binary"
    file.write_bytes(b"\xff")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="binary cannot be read: it is not UTF-8"):
        Secret.from_table({"file": str(file)})


def test_a_credential_outside_of_systemd_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY is not set"):
        Secret.from_table({"credential": "ldap"})


@pytest.mark.parametrize("table", [{}, {"vault": "x"}, {"env": "A", "file": "B"}, {"env": 3}])
def test_a_table_of_another_form_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="a secret is one of"):
        Secret.from_table(table)


@pytest.mark.parametrize(
    "text",
    [
        "mysql+pymysql://u:p@h/d",
        "postgresql://h/d?password=p",
        "postgresql://u:@h/d",
        "mysql://h/d?PASSWD=x",
        "mysql://u:p/w@h/d",
        "mysql://[broken:p@h",
    ],
)
def test_a_url_with_a_password_is_known(text: str) -> None:
    assert holds_password(text)


@pytest.mark.parametrize(
    "text", ["sqlite:///x", "mysql://u@h/d", "a:b@c", "", "SELECT a FROM b", "[x", "a?password=x"]
)
def test_a_text_without_a_password_is_known(text: str) -> None:
    assert not holds_password(text)
