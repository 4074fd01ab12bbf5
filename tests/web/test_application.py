from __future__ import annotations

import subprocess
import sys

from litestar import Response, get

from service.web.application import application
from tests.web.asgi import ask

ADDED = """
import sys
from service.web.application import application
app = application([], middleware=[], on_startup=[], on_shutdown=[], exception_handlers={})
print([name for name in ("pydantic", "attr") if name in sys.modules])
"""


@get("/one", sync_to_thread=False)
def one() -> Response[bytes]:
    return Response(b"1", media_type="text/plain")


def test_its_paths_answer_and_nothing_documents_them() -> None:
    app = application([one], middleware=[], on_startup=[], on_shutdown=[], exception_handlers={})
    assert ask(app, "GET", "/one").body == b"1"
    assert ask(app, "GET", "/schema").status == 404
    assert app.openapi_config is None
    assert not app.debug


def test_nothing_is_imported_for_types_that_we_do_not_use() -> None:
    said = subprocess.run([sys.executable, "-c", ADDED], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
