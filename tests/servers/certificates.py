"""Certificates of an authority of our own, and those that a client has to refuse."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from servers.private import find_program

if TYPE_CHECKING:
    from pathlib import Path

_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_AUTHORITY: Final = (
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
)
_LEAF: Final = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"


@attrs.frozen
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


@attrs.frozen
class Authority:
    """An authority that issues certificates into its directory."""

    directory: Path
    certificate: Path
    key: Path

    def issue(self, name: str, subject: str, names: str = "", days: int = 30) -> Pair:
        """Issue a certificate.

        Args:
            name: The name of its files.
            subject: Its subject, such as ``/CN=reader``.
            names: Its alternative names, such as ``DNS:localhost,IP:127.0.0.1``.
            days: How long it is good; a negative number has passed.
        """
        pair = Pair(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        request, extensions = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        extensions.write_text(_LEAF + (f"subjectAltName={names}\n" if names else ""))
        _openssl("req", "-new", *_KEY, "-keyout", pair.key, "-out", request, "-subj", subject)
        _openssl(
            *("x509", "-req", "-in", request, "-out", pair.certificate, "-days", days),
            *("-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-extfile", extensions),
        )
        return pair


def make_authority(directory: Path, name: str) -> Authority:
    """Make an authority.

    Args:
        directory: Where its files go.
        name: Its name, which no other in the directory has.
    """
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    extensions = [word for each in _AUTHORITY for word in ("-addext", each)]
    _openssl(
        *("req", "-x509", "-new", *_KEY, "-keyout", key, "-out", certificate, "-days", 30),
        *("-subj", f"/CN={name}", *extensions),
    )
    return Authority(directory, certificate, key)


@attrs.frozen
class Certificates:
    """What a TLS server and its clients can have.

    Args:
        authority: Issues the good ones.
        other_authority: Has issued none of them.
        server: For localhost and 127.0.0.1.
        elsewhere: For another host.
        expired: For localhost, but over.
        client: Of ``CN=reader``.
    """

    authority: Authority
    other_authority: Authority
    server: Pair
    elsewhere: Pair
    expired: Pair
    client: Pair


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make one set for all tests."""
    find_program("openssl", "openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def make_certificates(directory: Path) -> Certificates:
    """Make one set.

    Args:
        directory: Where their files go.
    """
    authority = make_authority(directory, "authority")
    here = "DNS:localhost,IP:127.0.0.1"
    return Certificates(
        authority=authority,
        other_authority=make_authority(directory, "other-authority"),
        server=authority.issue("server", "/CN=localhost", here),
        elsewhere=authority.issue("elsewhere", "/CN=elsewhere.example", "DNS:elsewhere.example"),
        expired=authority.issue("expired", "/CN=localhost", here, days=-1),
        client=authority.issue("client", "/CN=reader"),
    )


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
