"""The same directories as Postfix asks them, and postmap as the judge of what becomes of an address."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import attrs

from servers.private import find_program
from servers.slapd import READER, READER_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from backends.ldap_directories import Directory

_ACTIVE: Final = "(accountStatus=active)(!(domainStatus=disabled))"
_SERVED: Final = f"{_ACTIVE}(enabledService=mail)(enabledService=deliver)"
_MAIL_DOMAIN: Final = "(objectClass=mailDomain)(accountStatus=active)(enabledService=mail)"
_NAMED: Final = "(|(domainName=%s)(&(enabledService=domainalias)(domainAliasName=%s)))"

TABLES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "iredmail": {
        "hosted": (f"(&{_MAIL_DOMAIN}(!(domainBackupMX=yes)){_NAMED})", "result_attribute = domainName"),
        "relayed": (f"(&{_MAIL_DOMAIN}(domainBackupMX=yes){_NAMED})", "result_attribute = domainName"),
        "aliases": (
            (
                f"(&{_SERVED}(|(mail=%s)(shadowAddress=%s))"
                "(|(objectClass=mailAlias)(&(objectClass=mailUser)(enabledService=forward))))"
            ),
            "result_attribute = mailForwardingAddress",
        ),
        "groups": (
            (
                f"(&{_SERVED}(|"
                "(&(|(objectClass=mailUser)(objectClass=mailExternalUser))(|(memberOfGroup=%s)(shadowAddress=%s)))"
                "(&(memberOfGroup=%s)(!(shadowAddress=%s))(|(objectClass=mailAlias)(objectClass=mailList)))"
                "(&(objectClass=mailList)(enabledService=mlmmj)(|(mail=%s)(shadowAddress=%s)))))"
            ),
            "result_attribute = mail",
        ),
        "accounts": (
            f"(&(objectClass=mailUser){_SERVED}(|(mail=%s)(shadowAddress=%s)))",
            "result_attribute = mail",
        ),
        "catchalls": (
            f"(&(objectClass=mailUser){_ACTIVE}(|(mail=%s)(shadowAddress=%s)))",
            "result_attribute = mailForwardingAddress",
        ),
        "copies": (
            f"(&(objectClass=mailUser){_ACTIVE}(enabledService=recipientbcc)(|(mail=%s)(shadowAddress=%s)))",
            "result_attribute = userRecipientBccAddress",
        ),
        "domaincopies": (
            (
                "(&(objectClass=mailDomain)(accountStatus=active)(enabledService=recipientbcc)"
                "(|(domainName=%d)(domainAliasName=%d)))"
            ),
            "result_attribute = domainRecipientBccAddress",
        ),
    },
    "laser": {
        "routes": (
            "(&(objectClass=inetLocalMailRecipient)(mailLocalAddress=%s))",
            "result_attribute = mailRoutingAddress",
        ),
    },
    "nis": {
        "aliases": ("(&(objectClass=nisMailAlias)(cn=%s))", "result_attribute = rfc822MailMember"),
    },
    "postfix-book": {
        "domains": (
            "(&(objectClass=PostfixBookMailAccount)(|(mail=*@%s)(mailAlias=*@%s))(mailEnabled=TRUE))",
            "result_attribute = mail",
        ),
        "forwards": (
            "(&(objectClass=PostfixBookMailForward)(|(mail=%s)(mailAlias=%s))(mailEnabled=TRUE))",
            "result_attribute = mailForwardingAddress",
        ),
        "aliases": ("(&(mailAlias=%s)(mailEnabled=TRUE))", "result_attribute = mail"),
        "groups": ("(&(mailGroupMember=%s)(mailEnabled=TRUE))", "result_attribute = mail"),
    },
    "univention": {
        "domains": ("(&(objectClass=univentionMailDomainname)(cn=%s))", "result_attribute = cn"),
        "groups": (
            "(&(mailPrimaryAddress=%s)(objectClass=posixGroup))",
            (
                "result_attribute = mailPrimaryAddress\n"
                "leaf_result_attribute = mailPrimaryAddress\nspecial_result_attribute = uniqueMember"
            ),
        ),
        "lists": (
            "(&(objectClass=univentionMailList)(mailPrimaryAddress=%s))",
            "result_attribute = univentionMailListMember",
        ),
        "alternatives": (
            (
                "(&(objectClass=univentionMail)(mailAlternativeAddress=%s)"
                "(!(univentionCanonicalRecipientRewriteEnabled=1)))"
            ),
            "result_attribute = mailPrimaryAddress\nresult_format = %s",
        ),
        "forwards": (
            (
                "(&(objectClass=univentionMail)(|(mailAlternativeAddress=%s)(mailPrimaryAddress=%s))"
                "(!(univentionCanonicalRecipientRewriteEnabled=1)))"
            ),
            "result_attribute = mailForwardAddress",
        ),
        "copies": (
            (
                "(&(objectClass=univentionMail)(mailPrimaryAddress=%s)"
                "(!(univentionCanonicalRecipientRewriteEnabled=1))"
                "(!(&(mailForwardAddress=*)(mailForwardCopyToSelf=0))))"
            ),
            "result_attribute = mailPrimaryAddress",
        ),
    },
    "zimbra": {
        "local": (
            "(&(zimbraDomainName=%s)(zimbraDomainType=local)(zimbraMailStatus=enabled))",
            "result_attribute = zimbraDomainName",
        ),
        "alias": (
            "(&(zimbraDomainName=%s)(zimbraDomainType=alias)(zimbraMailStatus=enabled))",
            "result_attribute = zimbraDomainName",
        ),
        "addresses": (
            (
                "(&(|(zimbraMailDeliveryAddress=%s)(zimbraMailAlias=%s)(zimbraOldMailAddress=%s)"
                "(zimbraMailCatchAllAddress=%s))(zimbraMailStatus=enabled))"
            ),
            (
                "result_attribute = zimbraMailDeliveryAddress,zimbraMailForwardingAddress,"
                "zimbraPrefMailForwardingAddress,zimbraMailCatchAllForwardingAddress\n"
                "special_result_attribute = member"
            ),
        ),
    },
}
"""Directory to table to query_filter and what the table returns."""

MAIN: Final[Mapping[str, Mapping[str, str]]] = {
    "iredmail": {
        "virtual_mailbox_domains": "{hosted}",
        "relay_domains": "proxy:{relayed}",
        "virtual_alias_domains": "",
        "virtual_alias_maps": "proxy:{aliases}, proxy:{groups}, proxy:{accounts}, proxy:{catchalls}",
        "recipient_bcc_maps": "{copies}, {domaincopies}",
    },
    "laser": {
        "virtual_mailbox_domains": "a.example, b.example, c.example, d.example",
        "virtual_alias_domains": "",
        "virtual_alias_maps": "{routes}",
    },
    "nis": {
        "myorigin": "host.example",
        "mydestination": "host.example $mydomain",
        "mydomain": "mail.example",
        "alias_maps": "{aliases}",
    },
    "postfix-book": {
        "virtual_mailbox_domains": "{domains}",
        "virtual_alias_maps": "{forwards}, {aliases}, {groups}",
    },
    "univention": {
        "virtual_mailbox_domains": "{domains}",
        "virtual_alias_maps": "{groups}, {lists}, {alternatives}, unionmap:{{{forwards}, {copies}}}",
    },
    "zimbra": {
        "virtual_mailbox_domains": "{local}",
        "virtual_alias_domains": "{alias}",
        "virtual_alias_maps": "{addresses}",
    },
}
"""Directory to parameters of its main.cf; a table stands in braces."""


def write_postfix(branch: Directory, server: str, directory: Path) -> Path:
    """Write a main.cf and its tables, and return the main.cf."""
    names = {}
    for name, (query, results) in TABLES[branch.name].items():
        table = directory / f"{name}.cf"
        table.write_text(
            f"server_host = {server}\nversion = 3\nbind = yes\nbind_dn = {READER}\n"
            f"bind_pw = {READER_PASSWORD}\nsearch_base = {branch.base}\nquery_filter = {query}\n{results}\n"
        )
        make_old(table)
        names[name] = f"ldap:{table}"
    given = {
        "myhostname": "mx.example.net",
        "mydestination": "",
        "alias_maps": "",
        "recipient_delimiter": "+",
        **MAIN[branch.name],
    }
    main_cf = directory / "main.cf"
    main_cf.write_text("".join(f"{name} = {value.format(**names)}\n" for name, value in given.items()))
    return main_cf


def make_old(path: Path) -> None:
    """Make a file look old: Postfix waits for one that was written in the last second."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


@attrs.define
class Postmap:
    """Asks the tables of a main.cf, and follows the answers as Postfix does.

    Args:
        main_cf: As `write_postfix` writes it.
    """

    main_cf: Path
    _known: dict[tuple[str, str], str] = attrs.field(factory=dict)
    _asked: set[tuple[str, str]] = attrs.field(factory=set)

    def hosted(self, addresses: Iterable[str], known: Iterable[str] = ()) -> dict[str, bool]:
        """Tell which addresses are in a hosted domain, and of these which reach outside.

        Args:
            addresses: The addresses.
            known: Others that will be met on the way; it is quicker to ask for all at once.
        """
        addresses = list(addresses)
        self._learn({*addresses, *known})
        return {each: self._reaches(each) for each in addresses if self._is_hosted(_domain(each))}

    def _reaches(self, address: str) -> bool:
        seen: set[str] = set()
        waiting = [*self._answer("recipient_bcc_maps", address), address]
        while waiting:
            each = waiting.pop()
            results = self._step(each)
            if not results and not self._is_hosted(_domain(each)):
                return True
            if any(one.casefold() == each.casefold() for one in results) and not self._is_hosted(
                _domain(each)
            ):
                return True
            new = [one for one in results if one.casefold() not in seen]
            seen.update(one.casefold() for one in new)
            waiting += new
        return False

    def _step(self, address: str) -> list[str]:
        results = self._answer("virtual_alias_maps", address)
        if not results and _domain(address) in self._value("mydestination"):
            names = dict.fromkeys((_local(address), _local(address).partition("+")[0]))
            found = next(filter(None, (self._ask("alias_maps", name) for name in names)), "")
            results = [
                each if "@" in each else f"{each.removeprefix(chr(92))}@{_domain(address)}"
                for each in _split(found)
                if each[0] not in '"|/:'
            ]
        return results

    def _answer(self, parameter: str, address: str) -> list[str]:
        for key, local, extension in _forms(address):
            if found := self._ask(parameter, key):
                return [
                    f"{local}{each}" if each.startswith("@") else _extended(each, extension)
                    for each in _split(found)
                ]
        return []

    def _ask(self, parameter: str, key: str) -> str:
        return next(
            filter(None, (self._known.get((table, key.casefold())) for table in self._tables(parameter))), ""
        )

    def _is_hosted(self, domain: str) -> bool:
        for name in ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains"):
            if domain in self._value(name) or any(
                (table, domain) in self._known for table in self._tables(name)
            ):
                return True
        return False

    def _value(self, parameter: str) -> list[str]:
        found = dict(line.split(" = ", 1) for line in self.main_cf.read_text().splitlines() if " = " in line)
        value = found.get(parameter, "").replace("$mydomain", "mail.example")
        return value.replace("proxy:", "").replace(",", " ").split()

    def _tables(self, parameter: str) -> list[str]:
        value = " ".join(self._value(parameter))
        before, union, inside = value.partition("unionmap:{")
        tables = [each for each in before.split() if ":" in each]
        return [*tables, f"unionmap:{{{', '.join(inside.rstrip('}').split())}}}"] if union else tables

    def _learn(self, addresses: Iterable[str]) -> None:
        """Ask level by level for all that the addresses lead to."""
        waiting = {each.casefold() for each in addresses}
        done: set[str] = set()
        while waiting:
            keys: dict[str, set[str]] = defaultdict(set)
            for address in waiting:
                forms = {key for key, _, _ in _forms(address)}
                names = {_local(address), _local(address).partition("+")[0]}
                for parameter, wanted in (
                    ("virtual_alias_maps", forms),
                    ("recipient_bcc_maps", forms),
                    ("alias_maps", names),
                    ("virtual_mailbox_domains", {_domain(address)}),
                    ("virtual_alias_domains", {_domain(address)}),
                    ("relay_domains", {_domain(address)}),
                ):
                    for table in self._tables(parameter):
                        keys[table] |= wanted
            for table, wanted in keys.items():
                self._postmap(table, wanted)
            done |= waiting
            results = (
                each.casefold()
                for address in waiting
                for each in (*self._step(address), *self._answer("recipient_bcc_maps", address))
            )
            waiting = set(results) - done

    def _postmap(self, table: str, keys: set[str]) -> None:
        wanted = sorted(key for key in keys if key and (table, key) not in self._asked)
        if not wanted:
            return
        self._asked |= {(table, key) for key in wanted}
        done = subprocess.run(
            [find_program("postmap", "postfix-ldap"), "-q", "-", table],
            input="\n".join(wanted) + "\n",
            text=True,
            capture_output=True,
            check=False,
        )
        assert "fatal" not in done.stderr, done.stderr
        for line in done.stdout.splitlines():
            key, _, value = line.partition("\t")
            self._known[table, key.casefold()] = value


def _forms(address: str) -> Iterator[tuple[str, str, str]]:
    """Yield the keys of an address, with the local part that ``@domain`` keeps and the extension."""
    local, domain = _local(address), _domain(address)
    base, plus, extension = local.partition("+")
    yield address, local, ""
    if plus and base:
        yield f"{base}@{domain}", base, plus + extension
    yield f"@{domain}", local, ""


def _extended(address: str, extension: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{extension}{at}{domain}" if at else address


def _split(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def _local(address: str) -> str:
    return address.rpartition("@")[0].casefold()


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()
