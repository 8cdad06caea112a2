"""Each preset gives the hand-checked list of a directory like those that it is for."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from backends.ldap_directories import make_schema, read_directory
from backends.postfix_tables import TABLES, Postmap, write_postfix
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.config import from_table
from forwardresolve.sdk import Secret
from forwardresolve_backends._ldap_presets import preset_names, read_preset, show_preset
from forwardresolve_backends.ldap import Ldap
from forwardresolve_backends.postfix import Postfix
from servers.slapd import READER, READER_PASSWORD, Settings, Slapd, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from backends.ldap_directories import Directory
    from forwardresolve import Resolution
    from servers.certificates import Certificates

HOSTED: Final = {
    "laser": ("a.example", "b.example", "c.example", "d.example"),
    "nis": ("host.example", "mail.example"),
    "qmail": ("a.example", "c.example"),
    "active-directory": ("a.example",),
}

ENDLESS: Final = ("circle@a.example",)
"""Groups in themselves: Postfix walks round a thousand times, for many seconds, and gives up."""

REFUSED: Final = ("@off.example",)
"""Domains that are switched off: hosted for a preset, and unknown to Postfix' tables."""


@pytest.fixture(scope="module")
def directory(certificates: Certificates) -> Iterator[Slapd]:
    """One directory with a branch for each preset."""
    ldif = "".join(read_directory(name).ldif for name in preset_names())
    with slapd_with(certificates, ldif, Settings(schema=make_schema())) as slapd:
        yield slapd


def source(slapd: Slapd, branch: Directory, **options: object) -> Ldap:
    """Make the source that reads a branch."""
    given: dict[str, object] = {"base": branch.base, "hosted_domains": HOSTED.get(branch.name, ())}
    return Ldap(
        url=slapd.ipc,
        bind_dn=READER,
        bind_password=Secret(READER_PASSWORD),
        **{**given, **options},  # type: ignore[arg-type] # each fits
    )


def resolution_of(backend: Ldap | Postfix) -> Resolution:
    return resolve(ForwardingGraph.from_sources({"directory": backend.records()}))


def listed_of(resolution: Resolution, addresses: Sequence[str]) -> dict[str, bool]:
    return {address: address in resolution for address in addresses}


@pytest.mark.live
@pytest.mark.parametrize("name", preset_names())
def test_a_preset_gives_the_hand_checked_list(name: str, directory: Slapd) -> None:
    branch = read_directory(name)

    resolution = resolution_of(source(directory, branch, preset=name))

    assert listed_of(resolution, list(branch.expected)) == branch.expected
    exact = {each for each in resolution.addresses if not each.startswith(("@", "chain"))}
    assert exact <= branch.listed, "nobody has checked the others"


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_a_directory_to_try_it_on(name: str) -> None:
    assert len(read_directory(name).expected) > 10


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_says_its_traps_and_is_shown_as_it_is(name: str) -> None:
    preset = read_preset(name)

    assert len(preset.traps) > 2
    assert show_preset(preset).count("[[rules]]") == len(preset.layout.rules)


@pytest.mark.parametrize("name", preset_names())
def test_what_is_shown_of_a_preset_can_be_pasted_into_a_source(name: str) -> None:
    pasted = tomllib.loads(show_preset(read_preset(name)))
    table = {"backend": "ldap", "url": "ldaps://ldap.example.net", **pasted}

    source = from_table({"source": {"office": table}}).sources["office"]

    assert isinstance(source, Ldap)
    assert source.layout() == read_preset(name).layout


def test_an_unknown_preset_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="there is no preset 'zimba'; did you mean zimbra"):
        read_preset("zimba")
    with pytest.raises(ValueError, match=r"there is no preset 'nothing' \(there are: active-directory"):
        read_preset("nothing")


@pytest.mark.live
@pytest.mark.parametrize("name", sorted(TABLES))
def test_postmap_agrees_with_a_preset_and_with_what_comes_of_its_tables(
    name: str, directory: Slapd, tmp_path: Path
) -> None:
    branch = read_directory(name)
    main_cf = write_postfix(branch, directory.plain, tmp_path)
    asked = [address for address in branch.expected if address not in ENDLESS]

    met = set(re.findall(r"\S+@[a-z.]+", branch.ldif, re.IGNORECASE)) - set(ENDLESS)
    judged = Postmap(main_cf).hosted(asked, known=met)

    assert len(judged) > len(asked) - len(REFUSED) - 1
    assert judged == {address: branch.expected[address] for address in judged}
    derived = resolution_of(source(directory, branch, hosted_domains=(), from_postfix=main_cf))
    assert listed_of(derived, list(judged)) == judged
    preset = resolution_of(source(directory, branch, preset=name))
    assert [each for each in preset.addresses if not each.endswith(REFUSED)] == list(derived.addresses)


@pytest.mark.live
@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_backend_postfix_reads_the_tables_of_a_directory(
    name: str, directory: Slapd, tmp_path: Path
) -> None:
    branch = read_directory(name)
    main_cf = write_postfix(branch, directory.plain, tmp_path)

    found = resolution_of(Postfix(config_dir=main_cf.parent))

    hosted = [address for address in branch.expected if found.graph.hosts(address.rpartition("@")[2])]
    asked = [address for address in hosted if address not in ENDLESS]
    assert asked
    assert listed_of(found, asked) == {address: branch.expected[address] for address in asked}
