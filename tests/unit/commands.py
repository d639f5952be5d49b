"""Commands as the tests give them."""

import json

from simulator.cli import run

PATIENTS = 150
SMALL = ("sct_vs_no_sct", "--patients", str(PATIENTS), "--seed", "5", "--workers", "1")
TWO_ARMS = ("original_vs_modified", "--patients", "90", "--seed", "5")


def command(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    capsys.readouterr()
    code = run([str(each) for each in arguments])
    return code, *capsys.readouterr()


def one_document(text):
    """The only JSON document of a text; no NaN, no Infinity, no key twice."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    def unique(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), "a key twice"
        return dict(pairs)

    found, end = json.JSONDecoder(parse_constant=refuse, object_pairs_hook=unique).raw_decode(text)
    assert text[end:].strip() == "", "more than one document"
    return found
