"""What was read comes back as it went in, and two reads that found the same have one digest."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._ldap_answers import Answer
from forwardresolve_backends._ldap_spool import Spool

TEXTS = st.lists(st.text(max_size=5), max_size=3)
ANSWERS = st.lists(st.builds(Answer, st.integers(0, 5), st.text(max_size=5), TEXTS, TEXTS), max_size=20)


def digest_of(found: list[Answer]) -> int:
    spool = spool_of(found)
    spool.close()
    return spool.digest


def spool_of(found: list[Answer]) -> Spool:
    spool = Spool()
    for each in found:
        spool.add(each)
    return spool


@settings(max_examples=30)
@given(ANSWERS)
def test_answers_come_back_in_their_order(answers: list[Answer]) -> None:
    spool = spool_of(answers)

    assert list(spool.found()) == answers
    assert list(spool.found()) == answers
    spool.close()


@settings(max_examples=30)
@given(ANSWERS)
def test_the_order_of_a_server_does_not_matter(answers: list[Answer]) -> None:
    assert digest_of(answers) == digest_of(answers[::-1])
    assert digest_of([*answers, Answer(9, "", [])]) != digest_of(answers)


def test_the_same_answer_twice_is_not_the_same_as_never() -> None:
    answer = Answer(0, "cn=a", ["k"], ["v"])

    assert digest_of([answer, answer]) != digest_of([])


def test_many_answers_and_remarks_come_back_whole() -> None:
    answers = [Answer(0, f"cn={number}", ["k" * 100], ["v" * 1000]) for number in range(2000)]
    spool = spool_of(answers)
    remark = Remark("odd", "text", origin=Origin("ldap", "cn=a"))
    spool.add(remark)
    spool.add(Remark("plain", "text"))

    assert list(spool.found()) == [*answers, remark, Remark("plain", "text", origin=Origin("ldap"))]
    spool.close()


def test_too_many_remarks_are_counted() -> None:
    spool = Spool()
    for number in range(1003):
        spool.add(Remark("odd", f"{number}"))
    found = list(spool.found())

    assert len(found) == 1001
    assert isinstance(found[-1], Remark)
    assert found[-1].text.startswith("3 further entries")
    spool.close()
