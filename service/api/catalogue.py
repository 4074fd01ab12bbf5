"""The service's catalogue: every error and warning that an answer may carry, what it means and what to do."""

from __future__ import annotations

from service.web.catalogue import WEB_ENTRIES
from service.web.problems import Entry, catalogue_of

CORE_ENTRIES: tuple[Entry, ...] = ()
CATALOGUE = catalogue_of((*WEB_ENTRIES, *CORE_ENTRIES))
