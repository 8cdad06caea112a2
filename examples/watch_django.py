"""Two views of a panel in Django: say what a forwarding would do, and tell watch when it is saved.

The first is asked by the form while the customer types. The second saves, and tells watch once the
transaction is through: a row that is rolled back must not reach the front ends.
"""

import json
import logging

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from forwardresolve import AddressError, TargetError
from forwardresolve.live import SetForwarding
from forwardresolve.watch import WatchClient

watch = WatchClient(timeout=1.0)
log = logging.getLogger(__name__)


def read(request: HttpRequest) -> SetForwarding:
    """Read what the form sends; whether the customer owns the address is for your own check."""
    given = json.loads(request.body)
    return SetForwarding(given["source"], given["destinations"])


@require_POST
def preview(request: HttpRequest) -> JsonResponse:
    """Say which addresses spam will be refused for from now on, and for which no longer."""
    try:
        addresses = watch.preview([read(request)]).addresses
    except AddressError as error:
        return JsonResponse({"problem": str(error)}, status=400)
    except TargetError:
        return JsonResponse({"refused": None})  # nobody knows now; saving goes on as ever
    return JsonResponse({"refused": addresses.appear, "no_longer": addresses.vanish})


@require_POST
def save(request: HttpRequest) -> JsonResponse:
    """Save a forwarding."""
    change = read(request)
    with transaction.atomic():
        # here your model saves the row
        transaction.on_commit(lambda: tell(change))
    return JsonResponse({"saved": True})


def tell(change: SetForwarding) -> None:
    """Tell watch; where it does not answer, its next reading finds the row."""
    try:
        watch.push([change])
    except (AddressError, TargetError) as error:
        log.warning("%s", error)
