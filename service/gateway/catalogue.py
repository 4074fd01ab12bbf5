"""The gateway's catalogue: every refusal, what it means and what to do."""

from __future__ import annotations

from importlib.resources import files

from service.web.problems import Catalogue, read_catalogue, web_catalogue

CATALOGUE: Catalogue = {
    **web_catalogue(),
    **read_catalogue(files("service.gateway").joinpath("catalogue.toml").read_text()),
}
