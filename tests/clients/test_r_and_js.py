"""R and JavaScript agree: the same study through both packages is the same request and the same answer."""

from __future__ import annotations

import json

import pytest

from tests.clients import js_package, r_package
from tests.clients.r_package import PACKAGE

IN_R = """
library(rectifier)
options(rectifier.binary_from = 1e6)
study <- read.csv(system.file("extdata", "letter.csv", package = "rectifier"))
twins <- Map(function(model, arm) prediction(paste(model, arm, sep = "_"), model, arm),
             rep(c("gpt", "small"), each = 2), c("control", "letter"))
plan <- list(control = "control", identification = "exchangeability")
cat(attr(calibrate(study, "trust", twins, arm = "arm", plan = plan), "json"))
"""
IN_JS = """
import { readFileSync } from "node:fs";
import { readCsv, Rectifier, table } from "rectifier";
const predictions = Object.fromEntries(["gpt", "small"].map((model) =>
  [model, Object.fromEntries(["control", "letter"].map((arm) => [arm, `${model}_${arm}`]))]));
const data = table(readCsv(readFileSync("letter.csv")), { outcome: "trust", arm: "arm", predictions });
const plan = { control: "control", identification: "exchangeability" };
process.stdout.write(await new Rectifier().text("/v1/calibrations", { data, plan }));
"""

MOMENTS_IN_R = IN_R.replace("plan = plan)", "plan = plan, moments = TRUE)")
MOMENTS_IN_JS = IN_JS.replace("{ readCsv,", "{ moments, readCsv,").replace(
    "{ data, plan }", "{ data: moments(data), plan }"
)


def test_a_study_has_the_same_bytes_from_both(server, tmp_path_factory: pytest.TempPathFactory):
    javascript = js_package.installed(tmp_path_factory.mktemp("js"))
    library = r_package.installed(tmp_path_factory.mktemp("r"))
    (javascript.home / "letter.csv").write_bytes((PACKAGE / "inst/extdata/letter.csv").read_bytes())
    url = f"http://{server.host}:{server.port}"
    answer = javascript.run(IN_JS, RECTIFIER_URL=url)
    assert answer.startswith('{"request_digest":"sha256:')
    assert answer == r_package.run(library, IN_R, RECTIFIER_URL=url)


def test_moments_of_a_study_have_the_same_estimates_from_both(server, tmp_path_factory: pytest.TempPathFactory):
    """They add up in other orders: the last digits differ."""
    javascript = js_package.installed(tmp_path_factory.mktemp("js"))
    library = r_package.installed(tmp_path_factory.mktemp("r"))
    (javascript.home / "letter.csv").write_bytes((PACKAGE / "inst/extdata/letter.csv").read_bytes())
    url = f"http://{server.host}:{server.port}"
    ours = json.loads(javascript.run(MOMENTS_IN_JS, RECTIFIER_URL=url))
    theirs = json.loads(r_package.run(library, MOMENTS_IN_R, RECTIFIER_URL=url))
    rows = json.loads(javascript.run(IN_JS, RECTIFIER_URL=url))
    for name in ("estimate", "lower", "upper", "effective_sample_size"):
        assert ours["summary"][name] == pytest.approx(theirs["summary"][name], rel=1e-12)
    assert ours["summary"]["estimate"] == pytest.approx(rows["summary"]["estimate"], rel=1e-10)
    assert ours["plan_digest"] == theirs["plan_digest"]
