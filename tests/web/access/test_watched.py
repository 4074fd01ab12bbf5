from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from service.web.access.key import hash_of, new_key
from service.web.access.key_file import AccessFileError
from service.web.access.watched import Watch, Watched
from tests.web.access.people import line, watched

FIRST, SECOND = new_key(), new_key()


def mounted(folder: Path, text: str, name: str) -> None:
    """A secret as Kubernetes mounts it: keys.toml -> ..data/keys.toml, ..data -> a folder of that time, swapped."""
    (folder / name).mkdir()
    (folder / name / "keys.toml").write_text(text)
    (folder / "..new").symlink_to(name)
    (folder / "..new").replace(folder / "..data")
    if not (folder / "keys.toml").is_symlink():
        (folder / "keys.toml").symlink_to(Path("..data") / "keys.toml")


def test_a_swapped_mount_is_seen_after_two_looks(tmp_path: Path) -> None:
    mounted(tmp_path, line(FIRST), "..2026_01")
    file = watched(tmp_path / "keys.toml")
    assert list(file.value.keys) == [hash_of(FIRST)]
    mounted(tmp_path, line(FIRST) + line(SECOND), "..2026_02")
    file.look()
    assert list(file.value.keys) == [hash_of(FIRST)]  # it might still be being written
    file.look()
    assert list(file.value.keys) == [hash_of(FIRST), hash_of(SECOND)]


def test_a_bad_file_keeps_the_old_one_and_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(line(FIRST))
    told: list[str | None] = []
    file = watched(path, told.append)
    before = file.value
    path.write_text("keys = nonsense")
    for _ in range(4):
        file.look()
    assert file.value is before
    path.unlink()
    for _ in range(3):
        file.look()
    assert file.value is before
    path.write_text("")  # emptied before it is written
    for _ in range(3):
        file.look()
    assert file.value is before
    path.write_text(line(SECOND))
    for _ in range(3):
        file.look()
    assert list(file.value.keys) == [hash_of(SECOND)]
    assert [words and words.split(" (")[0] for words in told] == [
        None,
        "not TOML:",
        "cannot be read",
        "there is no key; an empty table [keys] lets nobody in",
        None,
    ]


def test_whatever_a_file_holds_later_ones_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1")
    told: list[str | None] = []
    file = Watched(path, int, told.append)
    path.write_bytes(b"no number")
    for _ in range(3):
        file.look()
    path.write_bytes(b"2")
    file.look()
    file.look()
    assert (file.value, told) == (2, [None, "cannot be read (ValueError)", None])


def test_the_last_key_can_be_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(line(FIRST))
    file = watched(path)
    path.write_text("[keys]\n")
    file.look()
    file.look()
    assert file.value.keys == {}


def test_the_old_contents_again_are_good_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(line(FIRST))
    told: list[str | None] = []
    file = watched(path, told.append)
    path.write_text("nonsense")
    file.look()
    file.look()
    path.write_text(line(FIRST))
    file.look()
    assert (told[-1], len(told)) == (None, 3)


def test_a_change_in_place_of_the_same_size_and_date_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(line(FIRST))
    stamp = path.stat().st_mtime_ns
    file = watched(path)
    path.write_text(line(SECOND))
    os.utime(path, ns=(stamp, stamp))
    file.look()
    file.look()
    assert list(file.value.keys) == [hash_of(SECOND)]


def test_a_file_that_is_not_there_or_too_large_cannot_be_opened(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(AccessFileError, match="cannot be read"):
        watched(tmp_path / "nowhere")
    (tmp_path / "keys.toml").write_text(line(FIRST))
    monkeypatch.setattr("service.web.access.watched._MOST_BYTES", 10)
    with pytest.raises(AccessFileError, match="larger than"):
        watched(tmp_path / "keys.toml")


def test_a_thread_looks_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1")
    file = Watched(path, int, lambda _fault: None)
    watch = Watch([file], seconds=0.005)
    watch.start()
    path.write_bytes(b"2")
    end = time.monotonic() + 20
    while file.value != 2 and time.monotonic() < end:
        time.sleep(0.005)
    watch.stop()
    assert file.value == 2
    assert watch._thread is not None
    assert not watch._thread.is_alive()
    nothing = Watch([])
    nothing.start()
    nothing.stop()
    assert nothing._thread is None
