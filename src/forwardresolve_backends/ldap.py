"""Read any LDAP directory, by rules that say where it keeps its mail routing."""

from __future__ import annotations

import difflib
from collections.abc import Sequence  # noqa: TC003 (the fields are read at run time)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from forwardresolve.sdk import BackendMisconfigured, DomainKind, Observation, Record, Secret
from forwardresolve_backends._ldap_connection import Access, Deadline
from forwardresolve_backends._ldap_diagnosis import observations
from forwardresolve_backends._ldap_from_postfix import read_layout
from forwardresolve_backends._ldap_presets import preset_names, read_preset, show_layout, show_preset
from forwardresolve_backends._ldap_reading import Job, from_one_of, known_records, read_settled, state
from forwardresolve_backends._ldap_records import records_of
from forwardresolve_backends._ldap_rules import Layout, Lookup, Rule
from forwardresolve_backends._ldap_url import parse_urls
from forwardresolve_backends._postfix_cf import split_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forwardresolve_backends._ldap_pages import Reader

T = TypeVar("T")

__all__ = ["Layout", "Ldap", "Rule"]


def _is_reachable(backend: Ldap, field: attrs.Attribute[Any], value: str | Sequence[str]) -> None:
    try:
        addresses = parse_urls(value, backend.tls)
    except ValueError as error:
        raise ValueError(str(error), field) from error
    for each in addresses:
        if each.tls == "none" and not each.stays_here and not backend.allow_plaintext:
            msg = (
                f'{each.name}: nothing goes over the network in clear; use ldaps:// or tls = "starttls", '
                "or allow it with allow_plaintext = true"
            )
            raise ValueError(msg, field)
        if (
            backend.sasl == "external"
            and not each.is_socket
            and (each.tls == "none" or backend.client_certificate is None)
        ):
            msg = f'{each.name}: sasl = "external" needs a socket (ldapi) or a client_certificate with TLS'
            raise ValueError(msg, field)


def _goes_with_a_dn(backend: Ldap, field: attrs.Attribute[Any], value: Secret | None) -> None:
    if bool(backend.bind_dn) != (value is not None):
        missing = "bind_dn" if value is not None else "bind_password"
        msg = f"bind_dn and bind_password go together; {missing} is missing"
        raise ValueError(msg, field)
    if value is not None and not value.reveal():
        msg = "is empty; a server would take that for anonymous"
        raise ValueError(msg, field)


def _takes_no_password(backend: Ldap, field: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None and backend.bind_password is not None:
        msg = "takes the place of bind_dn and bind_password; leave them out"
        raise ValueError(msg, field)


def _positive(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if value <= 0:
        msg = "must be more than 0"
        raise ValueError(msg, field)


def _is_preset(_: object, field: attrs.Attribute[Any], value: str) -> None:
    if value:
        try:
            read_preset(value)
        except ValueError as error:
            raise ValueError(str(error), field) from None


@attrs.frozen(kw_only=True)
class Ldap:
    """Reads a directory over LDAP: OpenLDAP, 389, Active Directory and others.

    Args:
        url: ``ldaps://HOST``, ``ldap://HOST`` or ``ldapi://%2Fpath%2Fto%2Fsocket``; or a list of
            them, of which each is tried for the whole read.
        base: The DN below which everything lies.
        preset: The name of ready rules: ``forwardresolve backends show ldap`` lists them.
        from_postfix: A main.cf, whose own ``ldap:`` tables say where the mail routing lies.
        leave_out: Tables of that main.cf, as it writes them, that are left out with a remark.
        rules: Where the directory keeps its mail routing. Exactly one of ``preset``,
            ``from_postfix`` and ``rules`` must be given.
        lookup: Whether of several tables of rules the ``first`` counts that has something for an
            address, or all of them (``union``).
        hosted_domains: Domains that are hosted though the directory does not name them.
        hosted_kind: What kind they are; without it ``mailbox``.
        tls: ``ldaps``, ``starttls`` or ``none``; without it what the url begins with, StartTLS for
            ``ldap://``. The certificate is verified.
        ca_file: The authority that has issued the server's certificate; without it those that the
            system trusts.
        server_name: The name in the certificate, where it is not the host of the url.
        allow_plaintext: Send the password in clear over the network, with ``tls = "none"``.
        bind_dn: Who reads; without it nobody, that is anonymous.
        bind_password: The password.
        sasl: ``external`` (the user of the socket, or the client's certificate) or ``gssapi``
            (Kerberos; needs the package gssapi), instead of a password.
        client_certificate: A certificate of our own, for ``sasl = "external"``.
        client_key: Its key.
        page_size: Entries that are asked for at a time.
        referrals: ``error``, or ``ignore`` where the server points to parts elsewhere that hold no
            mail routing, as Active Directory does at its root.
        check_schema: Make sure that the server knows every attribute and class of the rules.
        attempts: How often a directory is read that is changed meanwhile.
        connect_timeout: Seconds until a server must take the connection.
        receive_timeout: Seconds until it must answer.
        timeout: Seconds until everything must be read.
    """

    url: str | Sequence[str] = attrs.field(validator=_is_reachable)
    base: str = ""
    preset: str = attrs.field(default="", validator=_is_preset)
    from_postfix: Path | None = None
    leave_out: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    lookup: Lookup = "first"
    hosted_domains: Sequence[str] = ()
    hosted_kind: DomainKind | None = None
    tls: Literal["ldaps", "starttls", "none"] | None = None
    ca_file: Path | None = None
    server_name: str = ""
    allow_plaintext: bool = False
    bind_dn: str = ""
    bind_password: Secret | None = attrs.field(default=None, validator=_goes_with_a_dn)
    sasl: Literal["external", "gssapi"] | None = attrs.field(default=None, validator=_takes_no_password)
    client_certificate: Path | None = None
    client_key: Path | None = None
    page_size: int = attrs.field(default=500, validator=_positive)
    referrals: Literal["error", "ignore"] = "error"
    check_schema: bool = True
    attempts: int = attrs.field(default=3, validator=_positive)
    connect_timeout: int = attrs.field(default=5, validator=_positive)
    receive_timeout: int = attrs.field(default=30, validator=_positive)
    timeout: float = attrs.field(default=600.0, validator=_positive)

    def __attrs_post_init__(self) -> None:
        """Refuse no rules at all, or two kinds of them."""
        given = [name for name in ("preset", "from_postfix", "rules") if getattr(self, name)]
        if not given:
            msg = "there is nothing to read: name a preset, from_postfix, or rules"
            raise ValueError(msg)
        if len(given) > 1:
            msg = f"{' and '.join(given)} both say what to read; leave one out"
            raise ValueError(msg)
        if self.leave_out and not self.from_postfix:
            msg = "leave_out names tables of a main.cf; it needs from_postfix"
            raise ValueError(msg)

    def layout(self) -> Layout:
        """Return the rules that the options name.

        Raises:
            BackendMisconfigured: The main.cf cannot be read, or not turned round.
        """
        if self.preset:
            layout = read_preset(self.preset).layout
        elif self.from_postfix:
            layout = read_layout(self.from_postfix, self.leave_out)
            if not layout.rules:
                msg = f"{self.from_postfix}: names no ldap: table that could be read"
                raise BackendMisconfigured(msg)
        else:
            layout = Layout(rules=self.rules, lookup=self.lookup)
        return attrs.evolve(layout, hosted_kind=self.hosted_kind) if self.hosted_kind else layout

    @classmethod
    def describe(cls, options: Mapping[str, str]) -> str:
        """Write the rules of a preset or of a main.cf, or list the presets.

        Args:
            options: ``preset``, or ``from_postfix`` and ``leave_out``; nothing for the list.

        Raises:
            BackendMisconfigured: There is no such preset, or the main.cf cannot be turned round.
        """
        known = [field.name for field in attrs.fields(cls)]
        for name in options:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                msg = f"there is no option {name!r}" + (f"; did you mean {close[0]}?" if close else "")
                raise BackendMisconfigured(msg)
        if preset := options.get("preset"):
            try:
                return show_preset(read_preset(preset))
            except ValueError as error:
                raise BackendMisconfigured(str(error)) from error
        if main_cf := options.get("from_postfix"):
            return show_layout(read_layout(Path(main_cf), split_list(options.get("leave_out", ""))))
        presets = [(name, read_preset(name).summary) for name in preset_names()]
        return "\n".join(["Presets:", *(f"    {name:16}  {summary}" for name, summary in presets)])

    def records(self) -> Iterator[Record]:
        """Read the directory whole, from one server.

        Yields:
            The records, after the whole directory has been read.

        Raises:
            BackendMisconfigured: A server refuses the login or the base, its certificate is
                refused, or its schema lacks a name in the rules.
            BackendUnavailable: No server answers, or not in time.
            BackendIncomplete: A server breaks off at a limit, points elsewhere, or was changed
                each time that it was read.
            BackendNotInstalled: Kerberos is asked for and its package is missing.
        """
        job = self._job()
        yield from known_records(job)
        spool = self._ask(lambda reader: read_settled(reader, job), job)
        try:
            yield from records_of(spool.found(), job.layout)
        finally:
            spool.close()

    def version(self) -> str:
        """Return a text that is another one after every change of the directory.

        Returns:
            The state of the directory, read in a millisecond; empty where the server has none.

        Raises:
            BackendError: As in `records`.
        """
        job = self._job()
        return self._ask(lambda reader: state(reader, job), job)

    def diagnose(self) -> Iterator[Observation]:
        """Say which server answers, what it is, who we are there, and what each rule finds.

        Yields:
            What was seen.

        Raises:
            BackendError: No server can be asked at all.
        """
        job = self._job()
        yield from self._ask(lambda reader: tuple(observations(reader, job)), job)

    def _ask(self, work: Callable[[Reader], T], job: Job) -> T:
        access = Access(
            bind_dn=self.bind_dn,
            bind_password=self.bind_password,
            sasl=self.sasl,
            ca_file=self.ca_file,
            server_name=self.server_name,
            client_certificate=self.client_certificate,
            client_key=self.client_key,
            connect_timeout=self.connect_timeout,
            receive_timeout=self.receive_timeout,
        )
        addresses = parse_urls(self.url, self.tls)
        return from_one_of(addresses, access, Deadline.in_seconds(self.timeout), work, job)

    def _job(self) -> Job:
        return Job(
            layout=self.layout(),
            base=self.base,
            hosted_domains=self.hosted_domains,
            page_size=self.page_size,
            referrals=self.referrals,
            check_schema=self.check_schema,
            attempts=self.attempts,
        )
