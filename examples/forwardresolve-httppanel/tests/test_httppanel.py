"""What is special about a panel over HTTP: pages, time-outs, redirects."""

from __future__ import annotations

import pytest
from forwardresolve_httppanel import HttpPanel
from panel import TOKEN, Failure, Panel

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Forward,
    Secret,
)
from forwardresolve.testing import World

FORWARDS = tuple((f"u{number}@a.example", ("x@elsewhere.example",)) for number in range(5))


@pytest.fixture
def backend(panel: Panel) -> HttpPanel:
    """A backend for a panel with five forwardings, two a page."""
    panel.hold(World(domains=("a.example",), forwards=FORWARDS))
    return HttpPanel(url=panel.url, token=Secret(TOKEN), page_size=2, timeout=0.5)


def test_every_page_is_asked_for_once(backend: HttpPanel, panel: Panel) -> None:
    found = [
        (each.source, tuple(each.destinations)) for each in backend.records() if isinstance(each, Forward)
    ]

    assert tuple(found) == FORWARDS
    assert panel.asked == [
        "/api/domains?after=&limit=2",
        "/api/mailboxes?after=&limit=2",
        "/api/forwards?after=&limit=2",
        "/api/forwards?after=2&limit=2",
        "/api/forwards?after=4&limit=2",
    ]


@pytest.mark.parametrize(
    ("failure", "error", "said"),
    [
        ("status", BackendUnavailable, "/api/forwards: 503 Service Unavailable"),
        ("silence", BackendUnavailable, "/api/forwards: timed out; check that the panel runs"),
        ("cut", BackendUnavailable, "/api/forwards: IncompleteRead"),
        ("html", BackendDataError, "/api/forwards: the answer is no JSON"),
        ("moved", BackendMisconfigured, "/api/forwards: 302 Found; check url and token"),
        ("no next", BackendIncomplete, "/api/forwards: a page without rows or next"),
        ("no source", BackendDataError, "/api/forwards: a row without 'source'"),
    ],
)
def test_a_page_that_fails_ends_the_read_with_an_error(
    failure: Failure, error: type[Exception], said: str, backend: HttpPanel, panel: Panel
) -> None:
    panel.fail(failure, pages_left=3)

    with pytest.raises(error) as caught:
        list(backend.records())

    assert said in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_token_goes_nowhere_else(backend: HttpPanel, panel: Panel) -> None:
    panel.fail("moved")

    with pytest.raises(BackendMisconfigured):
        list(backend.records())

    assert len(panel.asked) == 1


def test_a_panel_that_does_not_run_is_unavailable() -> None:
    with pytest.raises(BackendUnavailable, match="Connection refused"):
        list(HttpPanel(url="http://127.0.0.1:9/api", token=Secret(TOKEN)).records())


def test_a_url_over_which_the_token_could_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="must begin with https://"):
        HttpPanel(url="http://panel.example.net/api", token=Secret(TOKEN))
