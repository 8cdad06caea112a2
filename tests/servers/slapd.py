"""A private slapd: Debian's program with a directory of its own, on loopback.

It speaks plain LDAP with StartTLS, LDAP over TLS, and LDAP over a socket of its own directory. No
rights of root are needed.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import attrs

from servers.private import Account, find_program, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from servers.certificates import Certificates, Pair

PACKAGE: Final = "slapd"
SUFFIX: Final = "dc=example,dc=net"
READER: Final = f"cn=reader,{SUFFIX}"
READER_PASSWORD: Final = "r3ader/of@the%mail"  # noqa: S105 (of servers that live as long as a test)
WRITER: Final = f"cn=writer,{SUFFIX}"
WRITER_PASSWORD: Final = "wr1ter/of@the%mail"  # noqa: S105 (of servers that live as long as a test)
DEBIAN_SCHEMAS: Final = ("core", "cosine", "nis", "inetorgperson", "misc")

_SCHEMAS: Final = Path("/etc/ldap/schema")
_MODULES: Final = Path("/usr/lib/ldap")
_ANYBODY_HERE: Final = "^gidNumber=[0-9]+[+]uidNumber=[0-9]+,cn=peercred,cn=external,cn=auth$"
_ME: Final = Account("root")
_SUFFIX_ENTRY: Final = f"dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n"
_ROOT_ACCESS: Final = ('access to dn.base="" by * read', 'access to dn.base="cn=Subschema" by * read')
_READ_ACCESS: Final = (
    f'access to attrs=userPassword by anonymous auth by dn="{WRITER}" write by * none',
    f'access to * by dn="{WRITER}" write by dn="{READER}" read by users read by anonymous auth',
)


@attrs.frozen(kw_only=True)
class Settings:
    """What a directory is like.

    Args:
        schema: Definitions besides Debian's, as slapd.conf takes them.
        schemas: Debian's schemas by name.
        database: Further lines of the database: ``limits``, ``index``, ``sizelimit``.
        access: Who may read what; by default the reader everything, anonymous nothing.
        root_access: Who may read the root and the schema; by default everybody.
        overlays: Overlays of the database, each with its lines.
        certificate: What the server shows; by default the good one.
    """

    schema: str = ""
    schemas: Sequence[str] = DEBIAN_SCHEMAS
    database: Sequence[str] = ()
    access: Sequence[str] = _READ_ACCESS
    root_access: Sequence[str] = _ROOT_ACCESS
    overlays: Mapping[str, Sequence[str]] = attrs.field(factory=lambda: {"syncprov": ()})
    certificate: Pair | None = None


@attrs.define
class Slapd:
    """A directory, and the server that has it while it runs.

    Args:
        directory: Where everything lies.
        settings: What it is like.
        certificates: What TLS needs.
        port: Plain LDAP with StartTLS.
        tls_port: LDAP over TLS.
        process: The server, while it runs.
    """

    directory: Path
    settings: Settings
    certificates: Certificates
    port: int = attrs.field(factory=free_port)
    tls_port: int = attrs.field(factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def plain(self) -> str:
        """The url of plain LDAP, which knows StartTLS."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls(self) -> str:
        """The url of LDAP over TLS."""
        return f"ldaps://localhost:{self.tls_port}"

    @property
    def ipc(self) -> str:
        """The url of LDAP over the socket."""
        return f"ldapi://{quote(str(self.directory / 'ldapi'), safe='')}"

    def fill(self, *ldif: str) -> None:
        """Replace everything in the directory; the server must not run.

        Args:
            ldif: Entries below the suffix, each text ending with an empty line.
        """
        data = self.directory / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        self._configuration().write_text(self._text())
        accounts = "".join(
            f"dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
            f"cn: {name}\nuserPassword: {password}\n\n"
            for dn, name, password in (
                (READER, "reader", READER_PASSWORD),
                (WRITER, "writer", WRITER_PASSWORD),
            )
        )
        found = subprocess.run(
            [find_program("slapadd", PACKAGE), "-q", "-w", "-f", str(self._configuration())],
            input="".join((_SUFFIX_ENTRY, accounts, *ldif)),
            text=True,
            capture_output=True,
            check=False,
        )
        assert found.returncode == 0, found.stderr[-4000:]

    @contextlib.contextmanager
    def serving(self) -> Iterator[Slapd]:
        """Run the server."""
        listeners = f"{self.plain} ldaps://127.0.0.1:{self.tls_port} {self.ipc}"
        command = [
            find_program("slapd", PACKAGE),
            "-f",
            str(self._configuration()),
            "-h",
            listeners,
            "-d",
            "0",
        ]
        log = self.directory / "log"
        with running(command, None, log, self._answers, stop=signal.SIGKILL) as process:
            self.process = process
            yield self
        self.process = None

    def kill(self) -> None:
        """Kill the server at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def modify(self, ldif: str) -> None:
        """Change the running directory as its writer.

        Args:
            ldif: Changes as ldapmodify takes them; an entry without a changetype is added.
        """
        command = [find_program("ldapmodify", "ldap-utils"), "-a", "-x", "-H", self.ipc, "-D", WRITER]
        found = subprocess.run(
            [*command, "-w", WRITER_PASSWORD], input=ldif, text=True, capture_output=True, check=False
        )
        assert found.returncode == 0, found.stderr

    def _configuration(self) -> Path:
        return self.directory / "slapd.conf"

    def _text(self) -> str:
        settings, authority = self.settings, self.certificates.authority
        own = self.directory / "own.schema"
        own.write_text(settings.schema)
        shown = settings.certificate or self.certificates.server
        overlays = [line for name, more in settings.overlays.items() for line in (f"overlay {name}", *more)]
        lines = [
            *(f"include {_SCHEMAS}/{name}.schema" for name in settings.schemas),
            f"include {own}",
            f"modulepath {_MODULES}",
            "moduleload back_mdb",
            *(f"moduleload {name}" for name in settings.overlays),
            f"pidfile {self.directory}/pid",
            f"TLSCACertificateFile {authority.certificate}",
            f"TLSCertificateFile {shown.certificate}",
            f"TLSCertificateKeyFile {shown.key}",
            "TLSVerifyClient try",
            f'authz-regexp "{_ANYBODY_HERE}" "{READER}"',
            f'authz-regexp "^cn=reader$" "{READER}"',
            *settings.root_access,
            "database mdb",
            f'suffix "{SUFFIX}"',
            f"directory {self.directory}/data",
            "maxsize 1073741824",
            "dbnosync",
            "sizelimit unlimited",
            "index objectClass eq",
            *settings.database,
            *settings.access,
            *overlays,
        ]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.directory / "ldapi"))
            return True
        return False


@contextlib.contextmanager
def new_slapd(certificates: Certificates, settings: Settings | None = None) -> Iterator[Slapd]:
    """Make an empty directory that nobody serves yet, and remove it at the end.

    Args:
        certificates: What TLS needs.
        settings: What it is like.
    """
    find_program("slapd", PACKAGE)
    with _ME.directory("slapd-") as directory:
        slapd = Slapd(directory, settings or Settings(), certificates)
        slapd.fill()
        yield slapd


@contextlib.contextmanager
def slapd_with(certificates: Certificates, ldif: str, settings: Settings | None = None) -> Iterator[Slapd]:
    """Run a server with entries.

    Args:
        certificates: What TLS needs.
        ldif: Entries below the suffix.
        settings: What it is like.
    """
    with new_slapd(certificates, settings) as slapd:
        slapd.fill(ldif)
        with slapd.serving():
            yield slapd
