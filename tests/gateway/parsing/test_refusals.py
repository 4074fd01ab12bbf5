from __future__ import annotations

import pytest

from service.gateway.parsing import refuses


@pytest.mark.parametrize(
    "text",
    [
        "I cannot answer that question.",
        "I can't help with that.",
        "I can’t answer",
        "I CANNOT ANSWER",
        "  I\ncannot   answer",
        '"I cannot answer that."',
        "**I cannot answer that.**",
        "As an AI model (GPT-4) I cannot answer",
        "As a language model, 4",
        "I'm an AI and have no preferences",
        "I am just a large language model.",
        "I'm sorry, but I can't assist with that.",
        "Sorry, I am unable to choose.",
        "I apologize, but I will not rate people.",
        "Unfortunately, I am not able to answer.",
        "My apologies. I refuse.",
        "I'm not comfortable answering this",
        "I must decline",
        "I have to respectfully decline to answer.",
        "I'd rather not say.",
        "I would prefer not to.",
        "Prefer not to say",
        "I prefer not to answer",
        "I do not have personal opinions.",
        "I won't do that",
    ],
)
def test_openings_of_refusals(text):
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no opinion",
        "I don't know",
        "Sorry",
        "Sorry, yes",
        "I cannot stand it",
        "I won't go there again",
        "I am an airline pilot",
        "I'm sorry for them",
        "My answer is 4. I cannot answer more.",
        "Disapprove",
        "I refused",
        "declined",
        "As an aide I approve",
    ],
)
def test_other_words(text):
    assert not refuses(text)


def test_only_the_opening_is_looked_at():
    assert not refuses("x" * 300 + " I cannot answer")
    assert refuses("I cannot answer" + " because" * 100_000)
