"""Read any LDAP directory, by rules that say where it keeps its mail routing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence  # noqa: TC003 (the fields are read at run time)
from pathlib import Path
from typing import Any, Literal

import attrs

from forwardresolve.sdk import BackendMisconfigured, DomainKind, Record, Secret
from forwardresolve_backends._ldap_from_postfix import read_layout
from forwardresolve_backends._ldap_presets import preset_names, read_preset, show_layout, show_preset
from forwardresolve_backends._ldap_rules import Layout, Lookup, Rule
from forwardresolve_backends._postfix_cf import split_list

__all__ = ["Layout", "Ldap", "Rule"]


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

    url: str | Sequence[str]
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
    bind_password: Secret | None = None
    sasl: Literal["external", "gssapi"] | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    page_size: int = attrs.field(default=1000, validator=_positive)
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
        """
        raise NotImplementedError
        yield from ()
