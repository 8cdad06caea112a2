"""Any valid Sieve script gives up its redirects, whatever extensions it uses; a broken one, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve_backends._sieve_commands import parse
from forwardresolve_backends._sieve_redirects import Redirect, Redirects, redirects


def found(text: str, **others: str) -> Redirects:
    return redirects(text, others.get)


def one(text: str) -> Redirect:
    (redirect,) = found(text).found
    return redirect


@pytest.mark.parametrize(
    "text",
    [
        'redirect "x@out.example";',
        'redirect :copy "x@out.example";',
        'REDIRECT "x@out.example" ;',
        "redirect text:\nx@out.example\n.\n;",
        'require ["copy", "vnd.dovecot.pipe"]; # redirect "no@out.example";\nredirect "x@out.example";',
        '/* redirect "no@out.example"; */ redirect "x@out.example";',
        'redirect :notify "NEVER" :ret "FULL" "x@out.example";',
        'if true { redirect "x@out.example"; }',
        'vacation :days 7 "redirect \\"no@out.example\\";"; redirect "x@out.example";',
        'if header :contains "Subject" "a" { keep; } redirect "x@out.example";',
        'if anyof (address "from" ["a@b.example", "c@d.example"], true) { keep; } redirect "x@out.example";',
    ],
)
def test_a_redirect_is_found(text: str) -> None:
    assert (one(text).address, one(text).conditional) == ("x@out.example", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keep;",
        '# redirect "x@out.example";',
        'fileinto "redirect";',
        'if false { redirect "x@out.example"; }',
        'stop; redirect "x@out.example";',
        'if true { stop; } redirect "x@out.example";',
        'notify :message "m" "mailto:x@out.example";',
    ],
)
def test_what_is_no_redirect_or_never_runs_is_not_found(text: str) -> None:
    assert found(text).found == ()


@pytest.mark.parametrize(
    "text",
    [
        'if header :contains "Subject" "invoice" { redirect "x@out.example"; }',
        'if header :is "a" "b" { keep; } elsif true { redirect "x@out.example"; }',
        'if header :is "a" "b" { keep; } else { if true { redirect "x@out.example"; } }',
        'foreverypart { redirect "x@out.example"; }',
    ],
)
def test_a_redirect_under_a_condition_is_told_from_one_that_always_runs(text: str) -> None:
    assert one(text).conditional


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ('redirect "x@out.example";', False),
        ('redirect :copy "x@out.example";', True),
        ('redirect "x@out.example"; keep;', True),
        ('fileinto "Archive"; redirect "x@out.example";', True),
        ('if header :is "a" "b" { keep; } redirect "x@out.example";', False),
        ('if header :is "a" "b" { redirect "x@out.example"; }', True),
        ('redirect :copy "x@out.example"; redirect "y@out.example";', False),
    ],
)
def test_the_mailbox_keeps_mail_unless_a_redirect_takes_it(text: str, keeps: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert found(text).keeps is keeps


SPAM = 'if header :contains "X-Spam" "Yes" { fileinto "Junk"; stop; }'


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f'{SPAM} redirect "x@out.example";', True),
        ('if spamtest :value "ge" "5" { discard; stop; } redirect "x@out.example";', True),
        (f'{SPAM} else {{ redirect "x@out.example"; }}', True),
        (f'{SPAM} elsif header :is "a" "b" {{ redirect "x@out.example"; }}', True),
        (f'if true {{ {SPAM} redirect "x@out.example"; }}', True),
        (f'redirect "x@out.example"; {SPAM}', False),
        ('if header :contains "X-Spam" "Yes" { fileinto "Junk"; } redirect "x@out.example";', False),
        ('if not header :contains "X-Spam" "Yes" { stop; } redirect "x@out.example";', False),
        ('if header :is "List-Id" "a" { stop; } redirect "x@out.example";', False),
        ('if header :contains "X-Spam" "Yes" { redirect "x@out.example"; }', False),
        (
            'if header :is "a" "b" { keep; } elsif header "X-Spam" "Yes" { stop; } redirect "x@out.example";',
            False,
        ),
        (f'if header :is "a" "b" {{ {SPAM} }} redirect "x@out.example";', False),
    ],
)
def test_a_redirect_behind_the_stop_for_spam_sends_no_spam(text: str, after: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert one(text).after_spam is after


@pytest.mark.parametrize(
    "text", ['redirect "${to}";', 'redirect :list "tag:example,2026:friends";', "redirect;"]
)
def test_an_address_that_the_script_computes_is_none(text: str) -> None:
    assert one(text).address == ""


def test_a_redirect_says_where_it_stands() -> None:
    assert one('# one\nrequire "copy";\n\nredirect :copy "x@out.example";').line == 4


def test_scripts_that_are_included_are_walked_once() -> None:
    text = 'include :personal "rules"; include "rules"; include "gone";'
    made = found(text, rules='redirect "x@out.example"; include "rules";')
    assert [each.address for each in made.found] == ["x@out.example"]
    assert made.missing == ("gone",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('redirect "x@out.example"', 1),
        ('keep;\nif true {\nredirect "x@out.example";', 2),
        ('redirect "x@out.example";\n}', 2),
        ('redirect "x@out.example";\n"open', 2),
        ('redirect "x@out.example"; /* open', 1),
        ('redirect "x@out.example"; \x00', 1),
        ('{ redirect "x@out.example";', 1),
    ],
)
def test_a_script_that_is_not_whole_is_told_and_read_all_the_same(text: str, line: int) -> None:
    assert (one(text).address, found(text).broken) == ("x@out.example", line)


@given(st.text(alphabet='ab"{};:#/*\\\n. []().,$', max_size=60))
def test_whatever_stands_in_a_script_the_next_redirect_is_found_or_it_is_not_whole(text: str) -> None:
    script = parse(text)
    after = parse(f'{text}\n;\nredirect "x@out.example";')
    if not script.broken and "#" not in text and "text" not in text:
        assert after.commands[-1].name == "redirect"


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found(text)
