"""`allpath trace`: the right life, in words that say what the record says, in lines that fit.

Rank of proof: contract; the words against the records and the patient table. Judges are shown wrong texts at the end.
"""

import json
import re
from dataclasses import replace

import pytest

from simulator.calendar import Slot
from simulator.cli import run
from simulator.comparison.pairs import Pair
from simulator.patient import new_patients
from simulator.report.side_by_side import grouped, split, told
from simulator.report.swimmers import headline
from simulator.scenario import ScenarioError, load_scenario, shipped_scenarios
from simulator.trajectory import patients_table
from simulator.trajectory.life import life_of
from simulator.trajectory.states import STATES
from simulator.trajectory.trace import Line, parted_day, trace, who
from simulator.trajectory.words import LATENT, WORDS, clinical_day, share, span, words_of

SCENARIO = load_scenario("sct_vs_no_sct", patients=3000, seed=4)
INTERVAL = load_scenario("interval_7_vs_14_weeks", patients=3000, seed=4)
PATIENTS = 70


def command(capsys, *arguments):
    code = run([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert run(["compare", "original_vs_modified", "--patients", "60", "--seed", "9", "--out", str(folder)]) == 0
    return folder


# Words


def test_every_slot_has_words():
    """A new kind of event needs an entry in `words.WORDS`."""
    assert set(WORDS) == set(Slot)


@pytest.mark.parametrize("scenario", [SCENARIO, INTERVAL], ids=["sct", "interval"])
def test_the_words_say_what_the_record_says(scenario):
    """Deaths, responses, SCT, SOS, relapse and doses of 70 lives under each arm, counted in words and in fields."""
    heard = set()
    for arm in scenario.arms:
        for patient in range(PATIENTS):
            life = life_of(scenario, arm.name, patient)
            words = [(event, text) for event in life.events for text in words_of(event, life.plan)]
            heard |= {event.slot for event, _ in words}
            end = life.events[-1].after
            texts = [text for _, text in words]
            assert sum("mg/m2" in text for text in texts) == sum(
                event.after.inotuzumab_mg_per_m2 > event.before.inotuzumab_mg_per_m2 for event in life.events
            )
            assert sum(text.startswith("SCT from") for text in texts) == end.transplants
            assert sum(text.startswith("course ") for text in texts) == end.courses
            assert (
                sum(re.match(r"blinatumomab course \d+ begins", text) is not None for text in texts)
                == end.blinatumomab_courses
            )
            assert sum(text.startswith("SOS") for text in texts) == (end.sos_day == end.sos_day)
            assert any(re.match(r"CR[pi]? after course", text) for text in texts) == (
                end.remission_day == end.remission_day
            )
            assert any(re.match(r"relapse, .* after remission", text) for text in texts) == (
                end.relapse_day == end.relapse_day
            )
            assert ("refractory" in texts) == (end.refractory_day == end.refractory_day)
            died = [text for text in texts if text.startswith("dies") or text == "early death"]
            assert len(died) == (end.death_cause > 0) and (not died or texts[-1] == died[0])
            assert all("nan" not in text and "inf" not in text.replace("infusion", "") for text in texts), texts
    common = {Slot.COURSE, Slot.INOTUZUMAB, Slot.RESPONSE, Slot.MRD, Slot.RELAPSE, Slot.SALVAGE, Slot.LEUKAEMIA_DEATH}
    treatments = {Slot.TRANSPLANT, Slot.TRANSPLANT_DECISION, Slot.NEXT_TREATMENT, Slot.BLINATUMOMAB, Slot.MAINTENANCE}
    assert heard >= common | treatments | {Slot.GVHD, Slot.SOS, Slot.MOLECULAR_RELAPSE, Slot.BLINATUMOMAB_END}


def test_marrows_are_told_as_they_were_read():
    """MRD negative in words = negative in the record, and the number told is on the right side of the limit."""
    seen = []
    for patient in range(PATIENTS):
        life = life_of(SCENARIO, "no_sct", patient)
        for event in life.events:
            if event.slot == Slot.MRD:
                (text, *_) = words_of(event, life.plan)
                seen.append(bool(event.after.mrd_negative))
                assert text.startswith("MRD negative by flow") == seen[-1]
                if not seen[-1]:
                    assert float(text.split()[1]) >= 1e-4
    assert 20 < sum(seen) < len(seen) - 20


def test_small_words():
    assert [clinical_day(day) for day in (0.0, 0.99, 1.0, 26.9)] == [1, 1, 2, 27]
    assert [share(log10) for log10 in (-3.5, -4.0, -6.02, 0.0)] == ["3e-4", "1e-4", "1e-6", "1e0"]
    assert [span(days) for days in (1.0, 9.0, 63.0, 139.0, 141.0, 900.0)] == [
        "1 day", "9 days", "9 weeks", "20 weeks", "5 months", "30 months",
    ]  # fmt: skip


# The trace


@pytest.mark.parametrize(
    ("line", "entered", "words"),
    [
        (0, 1, "first remission, MRD-positive"),
        (1, 1, "first salvage, in MRD-positive remission"),
        (1, 0, "first salvage"),
        (2, 0, "second salvage"),
        (4, 0, "third or later salvage"),
    ],
)
def test_the_line_of_day_1_in_words(line, entered, words):
    baseline = new_patients(1)[0]
    baseline.age_years, baseline.line_at_entry, baseline.entered_in_remission = 46.0, line, entered
    assert who(baseline)[0] == f"Woman of 46, {words}, ECOG 0."
    assert f"46 years, {words.partition(',')[0]} ·" in headline(Pair(7, "longer", 46.0, line, None, None))


def test_a_trace_is_the_patient_of_the_table():
    two = replace(SCENARIO, arms=tuple(arm for arm in SCENARIO.arms if arm.name in ("no_sct", "sct_early")))
    for arm in ("no_sct", "sct_early"):
        table = patients_table(two, arm, PATIENTS)
        for patient in range(PATIENTS):
            *_, last = trace(two, patient).lines[arm]
            row = table.iloc[patient]
            assert last.day / 30.4375 == pytest.approx(row["os_months"], abs=1e-12)
            assert (last.event == "horizon") == (row["os_event"] == 0)
            assert last.state in STATES
            if row["os_event"]:
                assert last.state == f"death_{row['death_cause']}"


@pytest.mark.parametrize("name", [name for name, _ in shipped_scenarios()])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_lines_fit_and_no_word_is_lost(name, width):
    scenario = load_scenario(name, patients=50)
    for patient in range(12):
        found = trace(scenario, patient)
        text = told(found, width)
        assert fits(text, width) and "\t" not in text
        for names, story in grouped(split(found)[1]):
            words = " ".join(text.split())
            for line in story:
                assert all(word in words for each in line.words for word in each.split()), names
        if found.parted_day is not None:
            assert all(title_is_there(arm.title, text) for arm in scenario.arms)


def fits(text, width):
    return all(len(line) <= width for line in text.splitlines())


def title_is_there(title, text):
    """A title may be folded within its column; its words are all there."""
    return all(word in text for word in title.split())


def test_where_the_arms_part():
    def story(*days):
        return [Line(day, "course", "active", [f"{day}"]) for day in days]

    assert parted_day([story(0, 1), story(0, 1)]) is None
    assert parted_day([story(0, 1, 5), story(0, 1, 3), story(0, 1, 5)]) == 3
    assert parted_day([story(0, 1), story(0, 1, 7)]) == 7
    other = [Line(0, "course", "active", ["0"]), Line(1, "course", "active", ["another"])]
    assert parted_day([story(0, 1), other]) == 1
    assert grouped({"a": story(1), "b": story(2), "c": story(1)}) == [(["a", "c"], story(1)), (["b"], story(2))]


def test_the_common_part_is_common():
    """Until the arms part the stories are one; an arm added changes no other arm's story."""
    two = replace(SCENARIO, arms=SCENARIO.arms[:2])
    for patient in range(30):
        whole, part = trace(SCENARIO, patient), trace(two, patient)
        assert {arm: whole.lines[arm] for arm in part.lines} == part.lines
        shared, apart = split(whole)
        assert all(shared + story == whole.lines[arm] for arm, story in apart.items())
        firsts = [story[0] for story in apart.values() if story]
        assert not firsts or any(line != firsts[0] for line in firsts) or len(firsts) < len(apart)


def test_patients_who_do_not_exist():
    for patient in (-1, 3000):
        with pytest.raises(ScenarioError, match="allowed 0 to 2999"):
            trace(SCENARIO, patient)


# The command


def test_trace_of_a_run_folder_and_of_its_scenario_are_the_same(run_folder, capsys):
    code, shown, err = command(capsys, "trace", run_folder, 7)
    assert (code, err) == (0, "")
    again = command(capsys, "trace", "original_vs_modified", 7, "--seed", "9")
    assert again == (0, shown, "")
    assert "patient 7" in shown and re.search(r"^(Wom|M)an of \d\d", shown, flags=re.M)
    assert "dies" in shown or "alive at" in shown


def test_json(run_folder, capsys):
    code, out, err = command(capsys, "trace", run_folder, 7, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert list(found) == [
        "run", "differs", "scenario", "seed", "patient", "horizon_months", "baseline", "latent", "parted_day", "arms",
    ]  # fmt: skip
    assert found["differs"] == [] and set(found["arms"]) == {"original", "modified"}
    assert set(found["latent"]) == {"frailty", "donor_search_luck"} and "age_years" in found["baseline"]
    for lines in found["arms"].values():
        assert all(list(line) == ["day", "event", "state", "words"] and line["words"] for line in lines)
        assert {line["event"] for line in lines} <= {slot.name.lower() for slot in Slot} | {"horizon"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sct_vs_no_sct", -1), "ID = -1: allowed 0 to"),
        (("sct_vs_no_sct", 10**9), "ID = 1000000000: allowed 0 to"),
        (("no_such_scenario", 1), "no_such_scenario"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, arguments, words):
    code, out, err = command(capsys, "trace", "--", *arguments)
    assert (code, out) == (2, "") and words in err and len(err.splitlines()) == 1


def test_bad_run_folders(run_folder, tmp_path, capsys):
    for content, words in (
        (None, "not a run folder, it has no run.json"),
        ("{", "run.json cannot be read"),
        ("[]", "run.json cannot be read"),
        ('{"scenario": 3}', "run.json cannot be read"),
    ):
        if content is not None:
            (tmp_path / "run.json").write_text(content)
        code, out, err = command(capsys, "trace", tmp_path, 1)
        assert (code, out) == (2, "") and words in err and len(err.splitlines()) == 1
    stored = json.loads((run_folder / "run.json").read_text())
    stored["scenario"]["parameters"] = "none-such"
    (tmp_path / "run.json").write_text(json.dumps(stored))
    code, out, err = command(capsys, "trace", tmp_path, 1)
    assert (code, out) == (2, "") and "none-such: no such parameter set" in err and len(err.splitlines()) == 1
    code, out, err = command(capsys, "trace", run_folder, 1, "--seed", 3)
    assert (code, out) == (2, "") and "has its own seed" in err


def test_what_has_changed_since_the_run_is_said(run_folder, tmp_path, capsys):
    stored = json.loads((run_folder / "run.json").read_text())
    for key, word in (("sources_sha256", "sources"), ("parameters_sha256", "parameters")):
        (tmp_path / "run.json").write_text(json.dumps(stored | {key: "0" * 64}))
        code, out, err = command(capsys, "trace", tmp_path, 1, "--json")
        assert code == 0 and json.loads(out)["differs"] == [word]
        assert f"other {word};" in err


def test_patients_and_events_on_request(tmp_path, capsys):
    """The options of compare; asked again of a finished run, the same bytes."""
    call = ["compare", "original_vs_modified", "--patients", "60", "--seed", "9", "--out", str(tmp_path / "run")]
    asked = [*call, "--events", "20", "--patient-tables", "30"]
    assert run(asked) == 0
    names = ("events.parquet", "patients_original.parquet", "patients_modified.parquet")
    before = [(tmp_path / "run" / name).read_bytes() for name in names]
    for name in names:
        (tmp_path / "run" / name).unlink()
    assert run(call) == 0 and not (tmp_path / "run" / names[0]).exists()
    assert run(asked) == 0
    assert [(tmp_path / "run" / name).read_bytes() for name in names] == before
    capsys.readouterr()
    code, out, err = command(capsys, *call[:-2], "--events", "5", "--patient-tables", "5", "--json")
    assert (code, out) == (2, "") and [line.split(":")[0] for line in err.splitlines()] == [
        "--events",
        "--patient-tables",
    ]
    assert command(capsys, *call, "--events", "0")[0] == 2


# Sabotage


def test_sabotage_wrong_texts_are_seen():
    text = told(trace(SCENARIO, 3), 80)
    assert fits(text, 80) and not fits(text.replace("day  month", "day  month" + " " * 80 + "x"), 80)
    assert title_is_there("SCT as practised", text) and not title_is_there("SCT as preached", text)
    assert LATENT in text


def test_sabotage_a_slot_without_words_is_seen(monkeypatch):
    monkeypatch.delitem(WORDS, Slot.GVHD)
    assert set(WORDS) != set(Slot)
