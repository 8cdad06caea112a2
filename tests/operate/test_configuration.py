"""The first configuration of a site: valid, commented, and without a secret in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.config import load
from forwardresolve.errors import BackendNotFound
from forwardresolve.operate.configuration import configuration, panels

if TYPE_CHECKING:
    from pathlib import Path


def write(panel: str, directory: Path) -> Path:
    """Do what the comments of a configuration tell an admin to do."""
    path = directory / "config.toml"
    path.write_text(configuration(panel, path))
    path.chmod(0o640)
    for name in ("panel.url", "ldap.password"):
        secret = directory / name
        secret.write_text("sqlite:////var/lib/panel/mail.db\n")
        secret.chmod(0o640)
    return path


@pytest.mark.parametrize("panel", panels())
def test_a_configuration_is_loaded_as_it_is_written(panel: str, tmp_path: Path) -> None:
    made = load(write(panel, tmp_path))

    assert len(made.sources) == 1
    assert made.rspamd.mode == "observe"


@pytest.mark.parametrize("panel", panels())
def test_its_comments_name_the_files_where_they_are(panel: str, tmp_path: Path) -> None:
    text = write(panel, tmp_path).read_text()

    assert f"chmod 0640 {tmp_path}/config.toml" in text
    assert "$" not in text.replace("$CONF", "")


@pytest.mark.parametrize("panel", ["postfixadmin", "sql", "mailcow"])
def test_a_password_has_a_file_of_its_own(panel: str, tmp_path: Path) -> None:
    assert f'url = {{ file = "{tmp_path}/panel.url" }}' in write(panel, tmp_path).read_text()


def test_any_backend_has_its_options_as_comments(tmp_path: Path) -> None:
    text = configuration("sample_backends:Small", tmp_path / "config.toml")

    assert 'backend = "sample_backends:Small"' in text
    assert "# A domain with a chain" in text
    assert load(write("sample_backends:Small", tmp_path)).sources


def test_a_panel_that_nobody_knows_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BackendNotFound, match="did you mean postfixadmin"):
        configuration("postfixadmn", tmp_path / "config.toml")


def test_a_preset_of_sql_is_a_panel_too(tmp_path: Path) -> None:
    text = configuration("mailcow", tmp_path / "config.toml")

    assert 'backend = "sql"\npreset = "mailcow"' in text
    assert load(write("mailcow", tmp_path)).sources
