"""The checkpoint gives back what was saved or says that it cannot; it never gives back something else.

Rank of proof: property over every length and every byte of a small file.
"""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from simulator.ranges import Ranges
from simulator.store import FileCheckpoint, FolderError
from simulator.store import checkpoint as module

KEY = "k" * 64
ARRAYS = {"events": np.arange(6, dtype=np.int64).reshape(2, 3), "groups": np.full((2, 2), 7, np.int32)}
DONE = Ranges([(0, 20), (30, 40)])


def opened(folder, key=KEY, warn=pytest.fail):
    return FileCheckpoint(folder, key, warn)


def zeros(arrays):
    return {name: np.zeros_like(array) for name, array in arrays.items()}


def restored(folder, arrays=ARRAYS, key=KEY):
    blank = zeros(arrays)
    return opened(folder, key).restore(blank), blank


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        assert one[name].tobytes() == other[name].tobytes() and one[name].dtype == other[name].dtype


@pytest.fixture
def saved(tmp_path):
    opened(tmp_path).save(ARRAYS, DONE)
    return tmp_path


def test_what_was_saved_comes_back(saved):
    done, arrays = restored(saved)
    assert done == DONE == opened(saved).done and module.finished_in(saved, KEY) == 30
    same(arrays, ARRAYS)
    assert [path.name for path in saved.iterdir()] == ["checkpoint"]


def test_nothing_saved(tmp_path):
    done, arrays = restored(tmp_path)
    assert len(done) == 0 and not any(array.any() for array in arrays.values())
    assert module.finished_in(tmp_path, KEY) == 0


@settings(max_examples=30, deadline=None)
@given(arrays_of.arrays(st.sampled_from([np.int32, np.int64]), arrays_of.array_shapes(max_dims=4)), st.integers(1, 99))
def test_any_integers_come_back(tmp_path_factory, array, stop):
    folder = tmp_path_factory.mktemp("any")
    opened(folder).save({"a": array}, Ranges([(0, stop)]))
    done, arrays = restored(folder, {"a": array})
    assert done == Ranges([(0, stop)])
    same(arrays, {"a": array})


def refused(folder, words):
    """One line that names the folder and the file, and nothing is touched."""
    before = (folder / "checkpoint").read_bytes()
    with pytest.raises(FolderError, match=words) as error:
        restored(folder)
    assert str(error.value).startswith(f"{folder}: checkpoint cannot be used: ") and "\n" not in str(error.value)
    assert (folder / "checkpoint").read_bytes() == before


def test_every_truncation_is_refused(saved):
    whole = (saved / "checkpoint").read_bytes()
    for length in range(len(whole)):
        (saved / "checkpoint").write_bytes(whole[:length])
        refused(saved, "damaged|truncated|not a checkpoint")


def test_every_flipped_bit_is_refused(saved):
    whole = (saved / "checkpoint").read_bytes()
    for place in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[place] ^= 1 << place % 8
        (saved / "checkpoint").write_bytes(spoiled)
        refused(saved, "damaged|truncated|not a checkpoint|another run|another form")


@pytest.mark.parametrize("more", [b"x", bytes(100)])
def test_what_is_too_long_is_refused(saved, more):
    with (saved / "checkpoint").open("ab") as file:
        file.write(more)
    refused(saved, "damaged")


@pytest.mark.parametrize(
    "file", [b"", b"PK\x03\x04", bytes(1000), b"allpath checkpoint 1\n[]\n", b"allpath checkpoint 2\n"]
)
def test_other_files_are_refused(tmp_path, file):
    (tmp_path / "checkpoint").write_bytes(file)
    refused(tmp_path, "damaged|not a checkpoint")


def test_the_message_says_how_to_start_again(saved):
    (saved / "checkpoint").write_bytes(b"spoiled")
    refused(saved, "not a checkpoint; remove checkpoint to start from the first patient$")


def test_a_checkpoint_of_another_run_or_form_is_refused(saved):
    with pytest.raises(FolderError, match="another run"):
        restored(saved, key="o" * 64)
    for other in ({"events": ARRAYS["events"]}, ARRAYS | {"groups": np.zeros((2, 2), np.int64)}):
        with pytest.raises(FolderError, match="another form"):
            restored(saved, other)


def test_a_save_that_fails_keeps_the_last_one(saved, monkeypatch):
    warnings = []
    checkpoint = opened(saved, warn=warnings.append)
    before = (saved / "checkpoint").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for stop in (50, 60):
        checkpoint.save(ARRAYS, Ranges([(0, stop)]))
    assert (saved / "checkpoint").read_bytes() == before and checkpoint.done == DONE
    assert len(warnings) == 1 and "No space left on device" in warnings[0]
    assert [path.name for path in saved.iterdir()] == ["checkpoint"]


def test_nothing_new_is_not_written(saved):
    before = (saved / "checkpoint").stat().st_mtime_ns
    checkpoint = opened(saved)
    checkpoint.save(ARRAYS, Ranges(DONE.pieces))
    assert (saved / "checkpoint").stat().st_mtime_ns == before


def test_saving_is_due_every_few_seconds_and_less_often_where_it_takes_long(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    checkpoint = opened(tmp_path)
    assert not checkpoint.due()
    clock[0] += module.SAVE_SECONDS
    assert checkpoint.due()

    for stop, cost, pause in ((50, 0.001, module.SAVE_SECONDS), (60, 0.125, 12.5), (70, 3.0, module.LONGEST_SECONDS)):

        def slow(path, write, cost=cost):
            clock[0] += cost

        monkeypatch.setattr(module, "write_whole", slow)
        checkpoint.save(ARRAYS, Ranges([(0, stop)]))
        clock[0] += pause - 0.25
        assert not checkpoint.due()
        clock[0] += 0.25
        assert checkpoint.due()


def test_scattered_memory_is_refused(tmp_path):
    with pytest.raises(ValueError, match="contiguous"):
        opened(tmp_path).save({"a": np.zeros((4, 4), np.int64)[:, ::2]}, DONE)


def test_sabotage_without_the_checksum_a_flipped_bit_gets_through(saved):
    """The judge of flipped bits would see a reader that does not check."""
    whole = bytearray((saved / "checkpoint").read_bytes())
    start = whole.index(b"\n", whole.index(b"{")) + 1
    whole[start] ^= 1
    header = json.loads(whole[len(module.MAGIC) : start])
    assert header["done"] == [list(piece) for piece in DONE.pieces]
    (saved / "checkpoint").write_bytes(whole[:-32] + module.hashlib.sha256(whole[:-32]).digest())
    with pytest.raises(pytest.fail.Exception):
        refused(saved, "damaged")
