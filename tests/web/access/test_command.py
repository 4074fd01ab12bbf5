from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service import cli
from service.web.access.key import PATTERN, client_label, hash_of, is_key, new_key
from service.web.access.key_file import read_key_ring
from tests.web.access.people import line


def test_a_new_key_is_printed_once_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "new", "--client", "lab", "--scope", "design", "--scope", "calibrate"]) == 0
    printed = capsys.readouterr().out
    (key,) = re.findall(PATTERN, printed)
    assert is_key(key)
    (found,) = read_key_ring(printed.splitlines()[-1].encode()).keys.items()
    assert found[0] == hash_of(key)
    assert (found[1].client, found[1].scopes) == ("lab", {"calibrate", "design"})
    days = (found[1].expires - datetime.now(UTC).timestamp()) / 86_400
    assert 364.9 < days <= 365


def test_a_key_may_be_for_ever_or_for_some_days(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["keys", "new", "--client", "lab", "--scope", "generate", "--never"])
    assert "expires" not in capsys.readouterr().out
    cli.main(["keys", "new", "--client", "lab", "--scope", "generate", "--days", "1"])
    assert "expires" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "--client", "a b", "--scope", "design"],
        ["new", "--client", "lab"],
        ["new", "--client", "lab", "--scope", "all"],
        ["new", "--client", "lab", "--scope", "design", "--days", "0"],
        ["new", "--client", "lab", "--scope", "design", "--days", "3", "--never"],
        ["check"],
        [],
    ],
)
def test_a_wrong_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["keys", *arguments])
    assert "usage: rectifier keys" in capsys.readouterr().err


def test_check_says_what_a_file_holds_without_whole_hashes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = [new_key() for _ in range(3)]
    path = tmp_path / "keys.toml"
    path.write_text(
        line(keys[0], "calibrate", "design")
        + line(keys[1], more=", expires = 2020-01-01T00:00:00Z")
        + line(keys[2], more=", revoked = true")
        + 'quotas.lab = "3e9/60"\n'
    )
    assert cli.main(["keys", "check", str(path)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [row.split()[1] for row in told[:3]] == ["active", "expired", "revoked"]
    assert told[0].split(maxsplit=1)[0] == f"{hash_of(keys[0])[:8]}.."
    assert "until for ever" in told[0]
    assert "until 2020-01-01" in told[1]
    assert client_label("lab") in told[0]
    assert told[3].split() == ["quota", "lab", "3e+09", "in", "60", "s"]
    assert not re.search(r"[0-9a-f]{20}", "".join(told).replace(client_label("lab"), ""))


def test_check_fails_on_what_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.toml"
    assert cli.main(["keys", "check", str(path)]) == 1
    path.write_text("keys.x = {}")
    assert cli.main(["keys", "check", str(path)]) == 1
    assert "No such file" in (out := capsys.readouterr().out)
    assert "key 1: its name is not a SHA-256" in out
