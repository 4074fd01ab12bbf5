"""Many hypotheses at once: what LLMs expect decides how a fixed error rate is spread over the humans' tests."""

from service.calibration.card import Card

_LIMIT = "a worthless LLM divides thresholds by at most 1/least_weight (default 5); the error rate holds whatever it is"

CARDS = (
    Card(
        name="benjamini_hochberg",
        title="Weighted Benjamini-Hochberg",
        formula="the largest k for which k hypotheses have p <= weight k error_rate/J; weights of mean 1 that "
        "expect the most discoveries, mixed with 1",
        assumptions=(
            "weights fixed from LLM effects before any human result, or cross-weights",
            "independent or positively dependent human results (PRDS); with cross-weights independent",
        ),
        limits=(_LIMIT, "can reject a p-value above error_rate where most hypotheses are rejected (warned)"),
        sources=(
            "Genovese, Roeder & Wasserman (2006), Biometrika 93:509-524",
            "Dobriban, Fortney, Kim & Owen (2015), Biometrika 102:753-766",
            "Ignatiadis & Huber (2021), JRSS B 83:720-751 (cross-weights)",
        ),
    ),
    Card(
        name="holm",
        title="Weighted Holm",
        formula="in ascending order of p/weight, reject while p <= weight error_rate / weights not yet rejected",
        assumptions=(
            "weights fixed from LLM effects before any human result; any dependence between human results",
            "with cross-weights, applied fold by fold: independent folds",
        ),
        limits=(_LIMIT,),
        sources=("Holm (1979), Scandinavian Journal of Statistics 6:65-70", "Genovese, Roeder & Wasserman (2006)"),
    ),
)
