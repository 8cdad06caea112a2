"""The backend ``sql`` holds the contract with the presets, on databases of their panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import pytest

from backends.panels.froxlor import FROXLOR
from backends.panels.iredmail import IREDMAIL
from backends.panels.ispconfig import ISPCONFIG
from backends.panels.mailcow import MAILCOW
from backends.panels.mailinabox import MAILINABOX
from backends.panels.mailu import MAILU
from backends.panels.modoboa import MODOBOA
from backends.panels.plesk import PLESK
from backends.panels.vimbadmin import VIMBADMIN
from backends.sql_sources import FILE_HAS_NO_CREDENTIALS, SqlContract
from forwardresolve.sdk import normalise_domain
from forwardresolve_backends.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backends.panels.panel import Panel
    from forwardresolve.sdk import Secret
    from forwardresolve.testing import World
    from servers.sql import Database, Server

    Rows = dict[str, list[dict[str, Any]]]

NO_SWITCH: Final = "nothing can be switched off"
OF_PARTS: Final = "an address is put together of its local part and its domain"
NO_ALIAS_DOMAINS: Final = "the panel has no alias domains"


def _held_elsewhere(_: object) -> None: ...


HELD_ELSEWHERE: Final[Any] = pytest.mark.skip(
    reason="the same for all queries on a server: see test_contract_sql.py"
)(_held_elsewhere)


def domains_of(world: World) -> Iterator[tuple[str, int]]:
    """Give the domains, each with whether it is switched on."""
    for on, names in ((1, world.domains), (0, world.inactive_domains)):
        yield from ((name, on) for name in names)


def mailboxes_of(world: World) -> Iterator[tuple[str, int]]:
    """Give the mailboxes, each with whether it is switched on."""
    for on, addresses in ((1, world.mailboxes), (0, world.inactive_mailboxes)):
        yield from ((address, on) for address in addresses)


def forwards_of(world: World) -> Iterator[tuple[str, Sequence[str], int]]:
    """Give the forwardings, each with whether it is switched on."""
    for on, pairs in ((1, world.forwards), (0, world.inactive_forwards)):
        yield from ((source, destinations, on) for source, destinations in pairs)


def domain_in(address: str, names: Iterable[str]) -> str:
    """Return the domain of an address as the panel spells it where it lists its domains."""
    given = address.rpartition("@")[2]
    return next((name for name in names if normalise_domain(name) == normalise_domain(given)), given)


class Preset(SqlContract):
    """The contract of a preset; a subclass says which rows a world has in its panel."""

    panel: ClassVar[Panel]

    def rows(self, world: World) -> Rows:
        """Return the rows by table that a world has in the panel."""
        raise NotImplementedError

    def fill(self, database: Database, world: World) -> None:
        self.panel.create(database)
        for table, rows in self.rows(world).items():
            if rows:
                database.insert(table, *(self.panel.shape(row, database) for row in rows))

    def backend(self, url: Secret) -> Sql:
        return Sql(url=url, preset=self.panel.preset)


class _OnServer(Preset):
    """The promises about rows; what does not depend on the queries is held by the backend's own contract."""

    test_many_rows_are_streamed_in_bounded_memory = HELD_ELSEWHERE
    test_a_source_that_is_broken_raises = HELD_ELSEWHERE
    test_a_source_that_breaks_in_the_middle_never_ends_early = HELD_ELSEWHERE
    test_refused_credentials_are_told_as_such = HELD_ELSEWHERE
    test_no_secret_is_shown = HELD_ELSEWHERE
    test_nothing_is_left_open = HELD_ELSEWHERE


class _OnMariadb(_OnServer):
    @pytest.fixture(autouse=True)
    def _start(self, mariadb: Server) -> None:
        self.server = mariadb


class TestMailinabox(Preset):
    panel = MAILINABOX
    lacks: ClassVar[Any] = {
        **FILE_HAS_NO_CREDENTIALS,
        "inactive_domains": NO_SWITCH,
        "inactive_mailboxes": NO_SWITCH,
        "inactive_forwards": NO_SWITCH,
    }

    def rows(self, world: World) -> Rows:
        return {
            "users": [{"email": each} for each in world.mailboxes],
            "aliases": [{"source": f"sender@{each}", "destination": ""} for each in world.domains]
            + [{"source": source, "destination": ",".join(each)} for source, each in world.forwards]
            + [{"source": f"@{one}", "destination": f"@{other}"} for one, other in world.domain_aliases],
        }


class TestMailu(Preset):
    panel = MAILU
    lacks: ClassVar[Any] = {
        **FILE_HAS_NO_CREDENTIALS,
        "inactive_domains": NO_SWITCH,
        "inactive_mailboxes": "a user who is switched off still gets mail",
    }

    def rows(self, world: World) -> Rows:
        forwards = list(forwards_of(world))
        own = {source: (each, on) for source, each, on in forwards if source in world.mailboxes}
        return {
            "domain": [{"name": each} for each in world.domains],
            "alternative": [{"name": one, "domain_name": other} for one, other in world.domain_aliases],
            "user": [
                {
                    **self._address(email),
                    "enabled": True,
                    "forward_enabled": bool(own.get(email, ((), 0))[1]),
                    "forward_destination": ",".join(own.get(email, ((), 0))[0]),
                    "forward_keep": False,
                }
                for email in world.mailboxes
            ],
            "alias": [
                {
                    **self._address(source if source.rpartition("@")[0] else f"%{source}"),
                    "wildcard": source.startswith("@"),
                    "destination": ",".join(each),
                    "disabled": not on,
                }
                for source, each, on in forwards
                if source not in own
            ],
        }

    @staticmethod
    def _address(email: str) -> dict[str, Any]:
        localpart, _, domain = email.rpartition("@")
        return {"email": email, "localpart": localpart, "domain_name": domain}


class TestModoboa(Preset):
    panel = MODOBOA
    lacks: ClassVar[Any] = {**FILE_HAS_NO_CREDENTIALS, "blanks": OF_PARTS}

    def rows(self, world: World) -> Rows:
        domains = {name: (number, on) for number, (name, on) in enumerate(domains_of(world))}
        mailboxes = list(enumerate(mailboxes_of(world)))
        aliases = [*forwards_of(world), *((f"@{one}", [f"@{to}"], 1) for one, to in world.domain_aliases)]
        return {
            "admin_domain": [
                {"id": number, "name": name, "type": "domain", "enabled": on}
                for name, (number, on) in domains.items()
            ],
            "admin_domainalias": [
                {"id": number, "name": one, "target_id": domains[other][0], "enabled": 1}
                for number, (one, other) in enumerate(world.domain_aliases)
            ],
            "core_user": [{"id": number, "email": each, "is_active": on} for number, (each, on) in mailboxes],
            "admin_mailbox": [
                {
                    "id": number,
                    "address": each.rpartition("@")[0],
                    "domain_id": domains[domain_in(each, domains)][0],
                    "user_id": number,
                }
                for number, (each, _) in mailboxes
            ],
            "admin_alias": [
                {"id": number, "address": source, "enabled": on, "internal": 0}
                for number, (source, _, on) in enumerate(aliases)
            ],
            "modoboa_admin_aliasrecipient": [
                {"id": 1_000_000 * alias + number, "alias_id": alias, "address": each}
                for alias, (_, destinations, _) in enumerate(aliases)
                for number, each in enumerate(destinations)
            ],
        }


@pytest.mark.live
class TestMailcow(_OnMariadb):
    panel = MAILCOW
    lacks: ClassVar[Any] = {
        "domain_aliases": "an alias domain stands for the mailboxes of its target, each a forwarding"
    }

    def rows(self, world: World) -> Rows:
        return {
            "domain": [{"domain": name, "active": on} for name, on in domains_of(world)],
            "mailbox": [
                {
                    "username": each,
                    "local_part": each.rpartition("@")[0],
                    "domain": domain_in(each, world.domains),
                    "active": on,
                }
                for each, on in mailboxes_of(world)
            ],
            "alias": [
                {"address": source, "goto": ",".join(each), "active": on}
                for source, each, on in forwards_of(world)
            ],
        }


@pytest.mark.live
class TestIredmail(_OnServer):
    panel = IREDMAIL

    @pytest.fixture(autouse=True)
    def _start(self, postgresql: Server) -> None:
        self.server = postgresql

    def rows(self, world: World) -> Rows:
        names = [*world.domains, *world.inactive_domains]
        return {
            "domain": [{"domain": name, "active": on} for name, on in domains_of(world)],
            "alias_domain": [{"alias_domain": one, "target_domain": to} for one, to in world.domain_aliases],
            "mailbox": [
                {"username": each, "domain": domain_in(each, names), "active": on}
                for each, on in mailboxes_of(world)
            ],
            "forwardings": [
                {
                    "address": source.removeprefix("@"),
                    "forwarding": each,
                    "domain": domain_in(source, names),
                    "active": on,
                }
                for source, destinations, on in forwards_of(world)
                for each in destinations
            ],
        }


@pytest.mark.live
class TestIspconfig(_OnMariadb):
    panel = ISPCONFIG
    lacks: ClassVar[Any] = {
        "inactive_mailboxes": "a mailbox that takes no mail still keeps its address from the catch-all"
    }

    def rows(self, world: World) -> Rows:
        return {
            "mail_domain": [
                {"server_id": 1, "domain": name, "active": "ny"[on]} for name, on in domains_of(world)
            ],
            "mail_user": [{"server_id": 1, "email": each, "cc": ""} for each in world.mailboxes],
            "mail_forwarding": [
                {
                    "server_id": 1,
                    "source": source,
                    "destination": ", ".join(each),
                    "type": "catchall" if source.startswith("@") else "forward",
                    "active": "ny"[on],
                }
                for source, each, on in forwards_of(world)
            ]
            + [
                {
                    "server_id": 1,
                    "source": f"@{one}",
                    "destination": f"@{other}",
                    "type": "aliasdomain",
                    "active": "y",
                }
                for one, other in world.domain_aliases
            ],
        }


@pytest.mark.live
class TestFroxlor(_OnMariadb):
    panel = FROXLOR
    lacks: ClassVar[Any] = {
        "domain_aliases": NO_ALIAS_DOMAINS,
        "trailing_dot": "blanks part the destinations, and behind a dot Postfix reads on over a blank",
        "inactive_mailboxes": "a mailbox whose owner may not log in still gets mail",
    }

    def rows(self, world: World) -> Rows:
        return {
            "panel_customers": [{"customerid": 1, "deactivated": 0}, {"customerid": 2, "deactivated": 1}],
            "panel_domains": [
                {"domain": name, "isemaildomain": 1, "deactivated": 1 - on} for name, on in domains_of(world)
            ],
            "mail_users": [{"email": each} for each in world.mailboxes],
            "mail_virtual": [
                {"email": source, "destination": " ".join(each), "customerid": 2 - on}
                for source, each, on in forwards_of(world)
            ],
        }


@pytest.mark.live
class TestVimbadmin(_OnMariadb):
    panel = VIMBADMIN
    lacks: ClassVar[Any] = {"domain_aliases": NO_ALIAS_DOMAINS}

    def rows(self, world: World) -> Rows:
        return {
            "domain": [{"domain": name, "active": on} for name, on in domains_of(world)],
            "mailbox": [{"username": each, "active": on} for each, on in mailboxes_of(world)],
            "alias": [
                {"address": source, "goto": ",".join(each), "active": on}
                for source, each, on in forwards_of(world)
            ],
        }


class TestPlesk(_OnMariadb):
    panel = PLESK
    lacks: ClassVar[Any] = {
        "mailboxes": "a mailbox that forwards keeps a copy, so it cannot hold one that does not",
        "catch_alls": "where the panel keeps them is not known",
        "blanks": OF_PARTS,
        "inactive_mailboxes": "what has no mailbox and forwards nothing has no row that says so",
    }

    def rows(self, world: World) -> Rows:
        numbers = {name: number for number, (name, _) in enumerate(domains_of(world), 1)}
        mail, redirects = [], []
        for number, (source, destinations, on) in enumerate(forwards_of(world), 1):
            mail.append(
                {
                    "id": number,
                    "mail_name": source.rpartition("@")[0],
                    "dom_id": numbers[domain_in(source, numbers)],
                    "postbox": "false",
                    "mail_group": "true" if on else "false",
                }
            )
            redirects += [{"mn_id": number, "address": each} for each in destinations]
        return {
            "domains": [
                {"id": numbers[name], "name": name, "status": 0 if on else 16}
                for name, on in domains_of(world)
            ],
            "domain_aliases": [
                {"name": alias, "dom_id": numbers[target]} for alias, target in world.domain_aliases
            ],
            "mail": mail,
            "mail_redir": redirects,
        }
