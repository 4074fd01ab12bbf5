from __future__ import annotations

from service.api.app import Parts, create_service
from service.api.settings import Settings
from service.calibration.card import Card
from tests.api.asking import is_problem
from tests.web.asgi import ask

CARD = Card("mean", "Mean", "sum / n", ("independent units",), ("n < 3",), ("anyone",))


def test_every_card_is_shown_by_kind() -> None:
    app = create_service(Settings(), Parts((), {"estimands": lambda: (CARD,)}, write_log=None)).asgi
    (shown,) = ask(app, "GET", "/v1/methods").json["estimands"]
    assert shown == {
        "name": "mean",
        "title": "Mean",
        "formula": "sum / n",
        "assumptions": ["independent units"],
        "limits": ["n < 3"],
        "sources": ["anyone"],
    }
    is_problem(ask(app, "GET", "/v1/methods", headers={"accept": "text/csv"}), 406, "not_acceptable")
