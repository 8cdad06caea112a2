"""A url is read strictly, and nothing secret in it is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.sdk import BackendMisconfigured, Secret
from forwardresolve_backends._sql_url import parse_url

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "driver", "name"),
    [
        ("postgresql://ro:pw@db.example/mail", "postgresql+psycopg", "postgresql://db.example/mail"),
        ("postgres://ro:pw@db.example/mail", "postgresql+psycopg", "postgres://db.example/mail"),
        (
            "postgresql+psycopg://db.example:5433/mail",
            "postgresql+psycopg",
            "postgresql://db.example:5433/mail",
        ),
        ("mysql://ro:pw@[2001:db8::1]:3307/mail", "mysql+pymysql", "mysql://[2001:db8::1]:3307/mail"),
        ("mariadb://ro@db.example/mail?ssl_ca=/etc/ca.pem", "mysql+pymysql", "mariadb://db.example/mail"),
        ("postgresql:///mail?host=/run/postgresql", "postgresql+psycopg", "postgresql:///mail"),
        ("mysql://db.example", "mysql+pymysql", "mysql://db.example/"),
    ],
)
def test_plain_urls_lead_to_the_drivers_that_come_along(url: str, driver: str, name: str) -> None:
    address = parse_url(Secret(url))
    assert address.url.drivername == driver
    assert address.name == name


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "malformed"),
        ("panel.db", "malformed"),
        ("sqlite:/panel.db", "malformed"),
        ("postgresql://ro:hush@db.example:hush/mail", "malformed"),
        ("postgresql://ro:hush@db.example:99999/mail", "malformed"),
        ("postgresql://ro:hu@hush@db.example/mail", "malformed"),
        ("oracle://ro:hush@db.example/mail", "begins with oracle"),
        ("postgresql+asyncpg://ro:hush@db.example/mail", r"leave \+asyncpg out"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("sqlite:///file:hush?uri=true", "names no SQLite file"),
        ("sqlite://ro:hush@db.example/panel.db", "names no SQLite file"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_showing_it(url: str, says: str) -> None:
    with pytest.raises(BackendMisconfigured, match=says) as raised:
        parse_url(Secret(url))
    assert "hush" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=f"there is no SQLite file {tmp_path}/panel.db"):
        parse_url(Secret(f"sqlite:///{tmp_path}/panel.db"))


def test_every_secret_of_a_url_is_known_in_both_spellings() -> None:
    address = parse_url(Secret("postgresql://ro:p%40ss@db.example/mail?sslpassword=k%2Fy&sslmode=require"))
    assert set(address.secrets) == {"p@ss", "p%40ss", "k/y", "k%2Fy"}
    assert "p@ss" not in repr(address)


def test_a_url_without_a_password_has_no_secrets() -> None:
    assert parse_url(Secret("postgresql://ro@db.example/mail")).secrets == ()
