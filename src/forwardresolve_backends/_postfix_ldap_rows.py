"""Read an ``ldap:`` table of Postfix by the backend ``ldap``, with the table's own server and login."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forwardresolve.sdk import Domain, Forward, Mailbox, Origin, Remark, Secret
from forwardresolve_backends._ldap_inversion import Use, invert
from forwardresolve_backends._ldap_rules import EVERY_DOMAIN
from forwardresolve_backends._postfix_cf import split_list, table_parameters
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends._postfix_ldap import LDAP, NotInvertible, read_table
from forwardresolve_backends.ldap import Ldap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forwardresolve_backends._ldap_rules import Yields
    from forwardresolve_backends._postfix_cf import MainCf

_YIELDS: Final[Mapping[str, Yields]] = {
    "virtual": "forward",
    "local": "local",
    "canonical": "canonical",
    "bcc": "bcc",
    "mailbox": "mailbox",
    "domain": "domain",
}


def ldap_source(name: str, role: str, main_cf: MainCf) -> Ldap:
    """Return the backend that reads a table.

    Args:
        name: Such as ``ldap:/etc/postfix/virtual.cf``.
        role: What Postfix has it for.
        main_cf: The main.cf that names it.

    Raises:
        NotInvertible: The table cannot be read backwards.
        BackendMisconfigured: Its file cannot be read.
    """
    table = read_table(name, main_cf)
    rules = invert(table, Use(_YIELDS.get(role, "forward"), name))
    if any(EVERY_DOMAIN in rule.domains for rule in rules):
        msg = "asks for %u in every domain, outside ones too; set domain = in the table"
        raise NotInvertible(msg)
    said = table_parameters(name.removeprefix(LDAP), main_cf)
    try:
        return Ldap(rules=rules, allow_plaintext=True, **_connection(table.server, said))
    except ValueError as error:
        msg = f"has a server or login that cannot be used ({error.args[0]})"
        raise NotInvertible(msg) from error


def _connection(server: str, said: Callable[[str], str | None]) -> dict[str, Any]:
    """Return the options of the backend that say how Postfix reaches the server."""
    port = said("server_port") or "389"
    urls = [
        host if "://" in host else f"ldap://{host}" if ":" in host else f"ldap://{host}:{port}"
        for host in split_list(server)
    ]
    options: dict[str, Any] = {"url": urls}
    if all(url.startswith("ldap://") for url in urls):
        options["tls"] = "starttls" if said("start_tls") == "yes" else "none"
    if authority := said("tls_ca_cert_file"):
        options["ca_file"] = Path(authority)
    if said("bind") != "no" and (who := said("bind_dn")):
        options |= {"bind_dn": who, "bind_password": Secret(said("bind_pw") or "")}
    return options


def ldap_entries(source: Ldap, name: str) -> Iterator[Entry | Remark]:
    """Read a table.

    Raises:
        BackendError: The directory cannot be read whole.
    """
    origin = Origin(name)
    for record in source.records():
        match record:
            case Forward():
                yield Entry(record.source.lower(), record.destinations, record.origin or origin)
            case Mailbox():
                yield Entry(record.address.lower(), "", record.origin or origin)
            case Domain():
                yield Entry(record.name.lower(), "", record.origin or origin)
            case Remark():
                yield record
