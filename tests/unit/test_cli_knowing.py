"""`allpath identify` and `recover`: bad input is answered in one line with exit code 2.

Rank of proof: contract.
"""

import pytest

from simulator.cli import run

NO_SUCH = "no such posterior, allowed joint or a file of `allpath posterior`"


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["identify", "nowhere"], "nowhere: " + NO_SUCH),
        (["recover", "nowhere.npz", "--studies", "50"], "nowhere.npz: " + NO_SUCH),
    ],
)
def test_a_posterior_that_is_not_there(arguments, line, capsys):
    assert run(arguments) == 2
    assert capsys.readouterr().err.strip() == line


def test_too_few_studies_are_refused(capsys):
    assert run(["recover", "--studies", "10"]) == 2
    assert "--studies" in capsys.readouterr().err
