"""What tests of the commands share: an empty folder to run them in, and runs that are made once a session."""

import io
import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent / "unit"))
pytest.register_assert_rewrite("commands")

from commands import SMALL, TWO_ARMS, command, one_document  # noqa: E402

from simulator.cli import run  # noqa: E402

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # tests started in the background inherit a deaf SIGINT, and so would the commands that they stop by it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def allpath(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: command(capsys, *arguments)


@pytest.fixture
def no_simulation(monkeypatch):
    """Any attempt to simulate fails."""

    def refuse(*_, **__):
        raise AssertionError("simulated")

    monkeypatch.setattr("simulator.comparison.compare", refuse)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """(folder, stdout) of a finished run of `TWO_ARMS`, figures included; nobody writes into it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    with redirect_stdout(io.StringIO()) as out:
        assert run(["compare", *TWO_ARMS, "--workers", "1", "--out", str(folder)]) == 0
    return folder, out.getvalue()


@pytest.fixture(scope="session")
def reproduced():
    """What `reproduce --json` prints."""
    with redirect_stdout(io.StringIO()) as out:
        assert run(["reproduce", "kantarjian-2023", "--replicates", "20", "--json"]) == 0
    return one_document(out.getvalue())


@pytest.fixture(scope="session")
def summary():
    """What `compare --json` prints for `SMALL`."""
    with redirect_stdout(io.StringIO()) as out:
        assert run(["compare", *SMALL, "--json"]) == 0
    return one_document(out.getvalue())
