"""The contract kit: good backends pass, and every promise has liars that it catches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import cattrs  # noqa: F401 (pytester forgets what is imported first under it, and cattrs must be one)
import pytest

from forwardresolve.testing import BackendContract, World, leftovers
from testing import liars

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]

EXACT: Final = "test_the_source_is_read_exactly"
SPELLING: Final = "test_no_spelling_of_an_address_is_lost"
INACTIVE: Final = "test_inactive_rows_are_absent"
MIDDLE: Final = "test_a_source_that_breaks_in_the_middle_never_ends_early"
OPTIONS: Final = "test_options_come_from_a_configuration"
SECRETS: Final = "test_no_secret_is_shown"
OPEN: Final = "test_nothing_is_left_open"
FROZEN: Final = "test_it_is_a_frozen_attrs_class"
REFUSED: Final = "test_refused_credentials_are_told_as_such"
MEMORY: Final = "test_many_rows_are_streamed_in_bounded_memory"
MOMENT: Final = "test_each_read_sees_the_rows_of_the_moment"
STAYS: Final = "test_the_version_stays_while_nothing_changes"
TELLS: Final = "test_every_change_makes_another_version"
PART: Final = "test_some_addresses_are_read_as_by_a_whole_reading"
EMPTY: Final = "test_an_empty_source_gives_nothing"
BROKEN: Final = "test_a_source_that_is_broken_raises"
GUARD: Final = "test_no_promise_is_changed_without_a_reason"

CAUGHT: Final = {
    "LosesApostrophes": (EXACT, "mailboxes: not read: o'hara@first.example"),
    "TakesTheFirstDestination": (EXACT, "forwards: not read: ben@first.example -> ben@outside.example.net"),
    "InventsDomains": (EXACT, "domains: not in the source: localhost"),
    "CallsDomainsRelayed": (EXACT, "not in the source: first.example (kind relay)"),
    "UsesAnotherTable": (EXACT, "@second.example (table canonical) -> info@first.example"),
    "YieldsNoText": (EXACT, "domains: not in the source: None"),
    "YieldsTuples": (EXACT, "which is no record"),
    "ReturnsNothing": (EXACT, "records() returns NoneType; it must yield records"),
    "NeedsRows": (EMPTY, "nothing came"),
    "Remembers": (MOMENT, "domains: not in the source: first.example"),
    "ReadsOnce": (MOMENT, "domains: not read: first.example"),
    "ChangesAllTheTime": (STAYS, "version() is another one each time, though nothing changes"),
    "TellsASize": (TELLS, "version() stays the same when"),
    "TellsANumber": (STAYS, "version() gives int; it must give a text"),
    "LooksForTheLetter": (f"{PART}[upper_case]", "is no part of a whole reading: not read: Forward("),
    "ReadsWhatIsNotThere": (f"{PART}[plain]", "not in records(): Mailbox("),
    "ReadsPairs": (f"{PART}[plain]", "which is no record"),
    "BlindForUpperCase": (f"{SPELLING}[upper_case]", "domains: not read: upper.example"),
    "BlindForIdn": (f"{SPELLING}[idn]", "domains: not read: xn--bcher-kva.example"),
    "BlindForDots": (f"{SPELLING}[trailing_dot]", "domains: not read: dotted.example"),
    "BlindForBlanks": (f"{SPELLING}[blanks]", "domains: not read: blank.example"),
    "ReadsInactiveForwards": (f"{INACTIVE}[inactive_forwards]", "not in the source: @quiet.example ->"),
    "ReadsInactiveMailboxes": (f"{INACTIVE}[inactive_mailboxes]", "not in the source: gone@first.example"),
    "DropsInactiveDomains": (
        "test_an_inactive_domain_stays_hosted",
        "suspended: not read: asleep.example",
    ),
    "DropsDomainAliases": ("test_domain_aliases_are_read", "not read: twin.example -> first.example"),
    "CutsLists": ("test_many_destinations_are_read", "and 895 more"),
    "Hoards": (MEMORY, "it must stream: 5,000,000 at most"),
    "GivesOnePage": (MEMORY, "10000 forwardings gave 1000 records"),
    "SwallowsErrors": (BROKEN, "ends without an error"),
    "EndsEarly": (f"{MIDDLE}[1]", "of 10000, without an error"),
    "LetsErrorsOut": (BROKEN, "records() lets EOFError out"),
    "CallsRefusalsOutages": (REFUSED, "give BackendUnavailable, not BackendMisconfigured"),
    "ShowsItsToken": (SECRETS, "the repr of the backend shows a secret"),
    "TellsItsToken": (SECRETS, "the message of an error shows a secret"),
    "LogsItsToken": (SECRETS, "the log shows a secret"),
    "SignsWithItsToken": (SECRETS, "an origin shows a secret"),
    "HasAPlainToken": (SECRETS, "the option api_token looks like a secret"),
    "KeepsTheFileOpen": (f"{OPEN}[1]", "/rows"),
    "ForgetsTheFile": (f"{OPEN}[10001]", "unclosed file"),
    "LeavesAThread": (f"{OPEN}[1]", "left open: thread"),
    "LeavesAProgram": (f"{OPEN}[1]", "left open: program"),
    "ChangesItsOptions": (OPTIONS, "do not come back as they were given"),
    "CanBeChanged": (FROZEN, "CanBeChanged.path can be set; use @attrs.frozen"),
    "IsNoAttrsClass": (FROZEN, "IsNoAttrsClass is no attrs class with a method records()"),
}
"""Liar to the promise that it breaks, and what it is told."""


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    """Let go what liars hold on to."""
    yield
    for each in liars.KEPT:
        each.set() if hasattr(each, "set") else each.wait() if hasattr(each, "wait") else each.close()
    liars.KEPT.clear()


def kit(pytester: pytest.Pytester, body: str, *arguments: str) -> pytest.RunResult:
    """Run a test module with a contract in it."""
    pytester.makepyfile(test_kit="from testing import liars, sources\nimport pytest\n" + body)
    left_out = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")  # a run would import them anew
    return pytester.runpytest_inprocess(*left_out, "-rs", "-v", *arguments)


@pytest.mark.parametrize(
    ("contract", "passed", "skipped"),
    [("RowFileContract", 30, 0), ("DatabaseContract", 18, 12), ("HolderContract", 16, 14)],
)
def test_a_good_backend_passes(contract: str, passed: int, skipped: int, pytester: pytest.Pytester) -> None:
    done = kit(pytester, f"class TestGood(sources.{contract}): pass")

    done.assert_outcomes(passed=passed, skipped=skipped)


@pytest.mark.parametrize("liar", sorted(CAUGHT))
def test_a_liar_is_caught_and_told(
    liar: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    test, said = CAUGHT[liar]
    monkeypatch.setattr(leftovers, "_PATIENCE", 0.1)

    done = kit(
        pytester,
        f"class TestLiar(sources.RowFileContract):\n    kind = liars.{liar}\n",
        f"test_kit.py::TestLiar::{test}",
    )

    done.assert_outcomes(failed=1)
    assert said in done.stdout.str()


def test_every_promise_has_a_liar() -> None:
    promises = {name for name in dir(BackendContract) if name.startswith("test_")}

    assert {test.partition("[")[0] for test, _ in CAUGHT.values()} == promises - {GUARD}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            f"    def {EMPTY}(self): pass\n",
            f"{EMPTY} is overridden; mark what replaces it with pytest.mark.xfail",
        ),
        (f"    {EMPTY} = None\n", f"{EMPTY} is overridden"),
        (f"    @pytest.mark.skip\n    def {EMPTY}(self): pass\n", f"{EMPTY} is overridden"),
        (f"    @pytest.mark.xfail(reason=' ')\n    def {EMPTY}(self): pass\n", f"{EMPTY} is overridden"),
        ("    lacks = {'idna': 'it is old'}\n", "lacks: there is no capability 'idna'"),
        ("    lacks = {'idn': ''}\n", "lacks: idn has no reason"),
    ],
)
def test_a_promise_is_not_changed_without_a_reason(body: str, said: str, pytester: pytest.Pytester) -> None:
    done = kit(pytester, f"class TestSly(sources.RowFileContract):\n{body}", "-k", GUARD)

    done.assert_outcomes(failed=1, deselected=done.parseoutcomes()["deselected"])
    assert said in done.stdout.str()


def test_a_promise_may_be_changed_for_a_reason(pytester: pytest.Pytester) -> None:
    mark = "    @pytest.mark.xfail(reason='the API wants a row')\n"
    done = kit(
        pytester,
        "class TestHonest(sources.RowFileContract):\n"
        f"    kind = liars.NeedsRows\n{mark}"
        f"    def {EMPTY}(self, tmp_path): super().{EMPTY}(tmp_path)\n",
        *("-k", f"{GUARD} or {EMPTY}"),
    )

    done.assert_outcomes(passed=1, xfailed=1, deselected=done.parseoutcomes()["deselected"])


def test_the_test_that_finds_changed_promises_cannot_be_changed(pytester: pytest.Pytester) -> None:
    done = kit(pytester, f"class TestSly(sources.RowFileContract):\n    def {GUARD}(self): pass\n")

    done.assert_outcomes(errors=1)
    assert f"TestSly overrides {GUARD}" in done.stdout.str()


def test_a_promise_in_another_class_of_the_family_is_a_change_too(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        f"class Mixed:\n    def {EMPTY}(self): pass\nclass TestSly(Mixed, sources.RowFileContract): pass\n",
        *("-k", GUARD),
    )

    assert f"{EMPTY} is overridden" in done.stdout.str()


@pytest.mark.parametrize(
    ("capability", "test"),
    [
        ("domains", ""),
        ("mailboxes", ""),
        ("catch_alls", ""),
        ("several_destinations", "test_many_destinations_are_read"),
        ("upper_case", SPELLING),
        ("idn", SPELLING),
        ("trailing_dot", SPELLING),
        ("blanks", SPELLING),
        ("domain_aliases", "test_domain_aliases_are_read"),
        ("inactive_domains", "test_an_inactive_domain_stays_hosted"),
        ("inactive_mailboxes", INACTIVE),
        ("inactive_forwards", INACTIVE),
        ("streaming", MEMORY),
        ("credentials", REFUSED),
    ],
)
def test_what_a_source_lacks_is_skipped_with_its_reason(
    capability: str, test: str, pytester: pytest.Pytester
) -> None:
    done = kit(
        pytester,
        f"class TestPoor(sources.RowFileContract):\n    lacks = {{{capability!r}: 'it was forgotten'}}\n",
        *("-k", f"{EXACT} or {test}" if test else EXACT),
    )

    assert done.ret == 0
    reason = f"the source lacks {capability}: it was forgotten"
    assert (reason in done.stdout.str()) == bool(test)


def test_a_source_without_credentials_is_held_to_show_no_secret_all_the_same(
    pytester: pytest.Pytester,
) -> None:
    done = kit(
        pytester,
        "class TestOpen(sources.RowFileContract):\n    lacks = {'credentials': 'it has none'}\n",
        f"test_kit.py::TestOpen::{SECRETS}",
    )

    done.assert_outcomes(passed=1)


def test_what_make_backend_never_looks_at_is_skipped_visibly(pytester: pytest.Pytester) -> None:
    done = kit(pytester, "class TestHolder(sources.HolderContract): pass", "-k", INACTIVE)

    done.assert_outcomes(skipped=2, deselected=28)
    assert "make_backend never looks at world.inactive_forwards" in done.stdout.str()


def test_a_source_that_cannot_be_filled_twice_is_skipped_visibly(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "class TestOnce(sources.RowFileContract):\n"
        "    def make_backend(self, world, tmp_path):\n"
        "        (tmp_path / 'new').mkdir()\n"
        "        return super().make_backend(world, tmp_path)\n",
        *("-k", MOMENT),
    )

    done.assert_outcomes(skipped=1, deselected=29)
    assert "make_backend cannot replace what the source held: FileExistsError" in done.stdout.str()


@pytest.mark.parametrize("hook", ["make_backend", "break_backend"])
def test_a_hook_that_is_missing_fails(hook: str, pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "from forwardresolve.testing import BackendContract\n"
        f"class TestLazy(sources.RowFileContract):\n    {hook} = BackendContract.{hook}\n",
        *("-k", BROKEN),
    )

    done.assert_outcomes(failed=1, deselected=29)


def test_the_optional_hooks_do_nothing_by_themselves(tmp_path: Path) -> None:
    contract = BackendContract()

    with pytest.raises(NotImplementedError):
        contract.deny_backend(None)
    with pytest.raises(NotImplementedError):
        contract.make_options(World(), tmp_path)


def test_a_rewriting_alias_domain_counts_as_a_domain_alias(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "class TestRewriting(sources.RowFileContract):\n    kind = liars.RewritesDomains\n",
        *("-k", f"test_domain_aliases_are_read or {EXACT}"),
    )

    done.assert_outcomes(passed=2, deselected=28)


def test_a_liar_about_options_is_caught_by_its_own_table(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "class TestLiar(sources.RowFileContract):\n"
        "    def make_options(self, world, tmp_path):\n"
        "        return {'path': str(self.make_backend(world, tmp_path).path), 'tokn': 'x'}\n",
        *("-k", OPTIONS),
    )

    assert "source.contract.tokn: is not known; did you mean token?" in done.stdout.str()


def test_options_that_look_like_values_of_toml_are_all_tried(pytester: pytest.Pytester) -> None:
    done = kit(pytester, "class TestRich(sources.ShelfContract): pass", "-k", f"{OPTIONS} or {SECRETS}")

    done.assert_outcomes(passed=1, failed=1, deselected=28)
    assert "the repr of the backend shows a secret" in done.stdout.str()


def test_a_backend_may_yield_settings_and_remarks_but_no_other_rows(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "class TestTalkative(sources.RowFileContract):\n    kind = liars.Talks\n"
        "class TestBabbling(sources.RowFileContract):\n    kind = liars.Babbles\n",
        *("-k", EXACT),
    )

    done.assert_outcomes(passed=1, failed=1, deselected=58)
    assert "others: not in the source: Transport(key='first.example'" in done.stdout.str()


def test_texts_that_are_no_addresses_are_shown_as_they_are(pytester: pytest.Pytester) -> None:
    done = kit(
        pytester,
        "class TestMumbling(sources.RowFileContract):\n    kind = liars.Mumbles\n",
        *("-k", EXACT),
    )

    assert "domains: not in the source: '?'" in done.stdout.str()
    assert "mailboxes: not in the source: ''" in done.stdout.str()


def test_files_are_looked_for_where_the_system_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_LISTINGS", ("/no/such/directory",))
    monkeypatch.setattr(leftovers, "_PATIENCE", 0.1)

    with leftovers.watching() as found:
        liars.KEPT.append(Path(__file__).open())  # noqa: SIM115 (it is left open)

    assert found == []
