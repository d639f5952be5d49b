"""The report prints what the comparison holds: aligned, units named; the same figures to the byte."""

from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest

from simulator.comparison.influence import Leading
from simulator.comparison.pairs import Pair, Pairs
from simulator.comparison.watched import Life, Mark, Stretch
from simulator.report import answer, details, published_points_figure, reproduction_table, write_figures
from simulator.report.figures import differences, incidence, survival
from simulator.report.page import page
from simulator.report.panels import occupancy
from simulator.report.style import arm_styles, percent, plain, span
from simulator.report.swimmers import shares_in_words, swimmers
from simulator.report.tornado import leaders, tornado
from simulator.scenario import load_scenario

TITLES = {
    2: ["Original: mini-hyper-CVD + inotuzumab", "Modified: fractionated inotuzumab, then blinatumomab"],
    6: ["No SCT", "SCT as practised", "SCT only if MRD-positive", "SCT only if high-risk genetics",
        "SCT as soon as a donor is found", "SCT after two courses of blinatumomab"],
}  # fmt: skip
MONTHS = np.arange(0, 61)
STRATEGY = load_scenario("sct_vs_no_sct").arms[1].strategy


def curve(plateau: float, rate: float) -> np.ndarray:
    return plateau + (1 - plateau) * np.exp(-((rate * MONTHS) ** 0.9))


def cell(value: float | None, half: float = 0.002) -> dict[str, float | None]:
    return {"value": value, "low": None if value is None else value - half,
            "high": None if value is None else value + half}  # fmt: skip


def comparison(arms: int = 2, patients: int = 200_000) -> SimpleNamespace:
    """A made-up comparison with the shape of `simulator.comparison.Comparison`."""
    names = [f"arm_{k}" for k in range(arms)]
    months, main = (12, 24, 36, 60), 36
    titles = TITLES.get(arms) or [f"Arm {k}" for k in range(arms)]
    half = 0.98 / np.sqrt(patients)
    summary_arms, estimates, curves, occupancy, differences, longer, contrasts, delivered = (
        {},
        [],
        [],
        [],
        [],
        [],
        [],
        [],
    )
    for k, name in enumerate(names):
        os_, rfs = curve(0.30 + 0.03 * k, 0.075), curve(0.22 + 0.03 * k, 0.09)
        relapse = (1 - rfs) * (0.75 - 0.05 * k)
        ends = {"os": os_, "efs": curve(0.2 + 0.03 * k, 0.12), "rfs": rfs, "relapse": relapse,
                "nrm": (1 - rfs) - relapse, "os_from_cr": curve(0.33 + 0.03 * k, 0.065)}  # fmt: skip
        arm = {end: {str(m): cell(y[m], half) for m in months} for end, y in ends.items()}
        arm |= {"sos": {"any": cell(0.14 - 0.02 * k, half), "severe": cell(0.1, half), "fatal": cell(None)},
                "sct": cell(0.48, half), "median_os_months": cell(None if k == 1 else 17.3 + k, 0.2),
                "rmst_os_months": {"36": cell(19.0 + k, 0.1)}}  # fmt: skip
        summary_arms[name] = arm
        for end, y in ends.items():
            n = patients if end in ("os", "efs") else int(0.83 * patients)
            curves.append(
                pd.DataFrame(
                    {
                        "arm": name,
                        "endpoint": end,
                        "month": MONTHS,
                        "value": y,
                        "low": y - half,
                        "high": y + half,
                        "at_risk": np.round(n * (os_ if end == "os" else rfs)),
                    }
                )
            )
            estimates += [{"arm": name, "endpoint": end, "month": m, "n": n} | cell(y[m], half) for m in months]
        dead, relapsed, active = 1 - os_, 0.1 * (1 - np.exp(-MONTHS / 9)) * os_, 0.95 * np.exp(-MONTHS / 1.2)
        active = np.minimum(active, 1 - dead - relapsed)
        rest = 1 - dead - relapsed - active
        after = rest * 0.5 * (1 - np.exp(-MONTHS / 5))
        shares = {"active": active, "remission": 0.85 * (rest - after), "remission_after_sct": after,
                  "relapsed": relapsed, "later_remission": 0.15 * (rest - after), "dead": dead}  # fmt: skip
        for state, share in shares.items():
            occupancy.append(pd.DataFrame({"arm": name, "month": MONTHS, "state": state, "share": share}))
        if k:
            for m in months:
                gap = 0.03 * k * (1 - np.exp(-m / 12)) * (-1 if k == 3 else 1)
                differences.append(
                    {
                        "arm": name,
                        "endpoint": "os",
                        "month": m,
                        "mc_se": half / 3,
                        "nnt": 1 / gap,
                        "variance_reduction": 4.12,
                    }
                    | cell(gap, half * 0.6)
                )
            for quantity, share in (("longer", 0.21), ("equal", 0.66), ("shorter", 0.13)):
                place = {"arm": name, "quantity": quantity, "month": 60}
                longer.append(place | {"luck": "shared"} | cell(share, half))
                longer.append(place | {"luck": "independent", "value": share / 2, "low": np.nan, "high": np.nan})
        for contrast, sct, none in (
            ("naive", 0.61, 0.42),
            ("published_landmark", 0.56, 0.55),
            ("true_landmark", *2 * [np.nan]),
        ):
            contrasts.append(
                {
                    "arm": name,
                    "contrast": contrast,
                    "label": contrast,
                    "month": main,
                    "n_sct": patients // 2,
                    "survival_sct": sct,
                    "n_no_sct": 999,
                    "survival_no_sct": none,
                    "difference": sct - none,
                    "low": sct - none - half,
                    "high": sct - none + half,
                }
            )
        delivered.append(
            {
                "arm": name,
                "inotuzumab_mg_per_m2": 2.7,
                "inotuzumab_courses": 3,
                "sct_share": 0.48,
                "blinatumomab_courses": np.nan,
                "sct_month": 4.6,
                "interval_weeks": 9.0,
            }
        )
    scenario = SimpleNamespace(
        name="made_up", question="Does SCT in remission lengthen life, and in whom?", reference="arm_0",
        arms=tuple(SimpleNamespace(name=n, title=t, strategy=STRATEGY, parameters={}) for n, t in zip(names, titles)),
        report_months=months, horizon_months=60, patients=patients, seed=20231112,
        parameters="joint-point")  # fmt: skip
    summary = {"scenario": "made_up", "patients": patients, "seed": 20231112, "reference": "arm_0",
               "parameter_set": "joint-point", "arms": summary_arms, "differences": {},
               "not_identified": []}  # fmt: skip
    return SimpleNamespace(
        scenario=scenario,
        summary=summary,
        estimates=pd.DataFrame(estimates),
        curves=pd.concat(curves),
        occupancy=pd.concat(occupancy),
        differences=pd.DataFrame(differences),
        contrasts=pd.DataFrame(contrasts),
        longer_shorter=pd.DataFrame(longer),
        delivered=pd.DataFrame(delivered),
    )


def tables_in(text: str) -> list[list[str]]:
    """Each table: its dashed rule, then its lines."""
    lines = text.splitlines()
    starts = [k for k, line in enumerate(lines) if line.startswith("---")]
    found = []
    for start in starts:
        end = start
        while end < len(lines) and lines[end].strip() and not lines[end].startswith(("* ", "outside")):
            end += 1
        found.append(lines[start:end])
    return found


def aligned_faults(text: str) -> list[str]:
    """Lines in which some word straddles a gap between the columns that the dashed rule shows."""
    faults = []
    for rule, *lines in tables_in(text):
        gaps = [k for k, sign in enumerate(rule) if sign == " "]
        for line in lines:
            if len(line) > len(rule) or any(line[k : k + 1].strip() for k in gaps):
                faults.append(line)
    return faults


@pytest.mark.parametrize("arms", [2, 6])
@pytest.mark.parametrize("width", [80, 120])
def test_tables_are_aligned_within_the_width_and_without_frames(arms, width):
    for text in (answer(comparison(arms), width), details(comparison(arms), width)):
        assert max(map(len, text.splitlines())) <= width
        assert not aligned_faults(text)
        assert not set(text) & set("│┃━─\x1b")


def test_the_judge_of_alignment_sees_a_shifted_cell():
    text = answer(comparison(2), 80)
    lines = text.splitlines()
    k = next(k for k, line in enumerate(lines) if line.startswith("---")) + 1
    lines[k] = lines[k].replace("  ", " ", 1)
    shifted = "\n".join([*lines[:k], " " + lines[k] + " 1", *lines[k + 1 :]])
    assert aligned_faults(shifted)


def test_answer_says_what_it_must():
    text = answer(comparison(2), 80)
    words = " ".join(text.split())
    assert words.startswith("Does SCT in remission lengthen life, and in whom?")
    for said in ("(reference)", "200,000 simulated patients", "reached", "percentage points", "4.1x",
                 "NNT", "which no trial can test", "Monte Carlo only", "joint-point",
                 "21.0 / 66.0 / 13.0", "61.0 v 42.0", "36.1", "14.0/–", "17.1–17.5"):  # fmt: skip
        assert said in words, said
    assert "nan" not in text.lower().replace("unan", "") and "None" not in text


def test_nnt_only_where_there_is_one_and_harm_is_named():
    made = comparison(6)
    assert "harm 12" in answer(made, 80)
    made.differences["nnt"] = np.nan
    assert "NNT" not in answer(made, 80)


def test_one_arm_has_no_differences(tmp_path):
    made = comparison(1)
    made.differences = pd.DataFrame(columns=["arm", "endpoint", "month", "value", "low", "high", "nnt"])
    made.longer_shorter = pd.DataFrame(columns=["arm", "quantity", "month", "luck", "value", "low", "high"])
    assert "Paired" not in answer(made, 80) + details(made, 80)
    assert not [path for path in write_figures(made, tmp_path) if "differences" in path.name]


def test_numbers_as_text():
    assert plain(None) == plain(float("nan")) == percent({"value": None}) == "–"
    assert plain(-0.04) == "0.0" and plain(1234567, 0) == "1,234,567" and percent(0.123, sign=True) == "+12.3"
    assert span(0.1, None, 1, 100) == "10.0–NR" and span(-0.02, 0.01, 1, 100, True) == "-2.0 to +1.0"


def test_reproduction_table():
    row = {
        "id": "K1",
        "quantity": "OS rate at 36 months",
        "subgroup": "MRD-positive",
        "n": 31,
        "role": "fitted",
        "reported": 11,
        "simulated": 14.23,
        "published_low": 0.8,
        "published_high": 35,
        "predictive_low": 3.1,
        "predictive_high": 30.2,
        "inside_published": True,
        "inside_predictive": True,
        "z": -0.42,
        "reading": None,
    }
    rows = [row, row | {"id": "K2", "quantity": "count CRi", "simulated": 8.02, "inside_published": False},
            row | {"id": "K3", "quantity": "hazard ratio", "simulated": 0.61234, "role": "predicted"},
            row | {"id": "K4", "quantity": "median RFS", "simulated": None, "z": None}]  # fmt: skip
    text = reproduction_table(rows, 80)
    lines = {line.split()[0]: line for line in text.splitlines() if line.startswith("K")}
    assert not aligned_faults(text) and max(map(len, text.splitlines())) <= 80
    assert "%" in lines["K1"] and "14.2" in lines["K1"] and "-0.4" in lines["K1"]
    assert lines["K2"].endswith("CI") and " 8 " in lines["K2"]
    assert "HR" in lines["K3"] and "0.612" in lines["K3"]
    assert "months" in lines["K4"] and "–" in lines["K4"]
    assert text.index("Fitted") < text.index("K4") < text.index("Predicted") < text.index("K3")
    assert "(CI): 1 of 3" in text


def test_figures_are_the_same_bytes_twice_and_leave_settings_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    first = write_figures(comparison(6), tmp_path / "a")
    again = write_figures(comparison(6), tmp_path / "b")
    assert dict(matplotlib.rcParams) == before
    names = {"os", "rfs", "os_from_cr", "relapse_and_nrm", "states", "os_differences"}
    assert {path.stem for path in first} == names and len(first) == 12
    for one, two in zip(first, again, strict=True):
        assert one.read_bytes() == two.read_bytes() and one.stat().st_size > 5000


def test_figures_hold_the_values_of_the_frames():
    made = comparison(6)
    with page() as figure:
        survival(figure, made, "os")
        lines = {line.get_label(): line for line in figure.axes[0].lines}
        for name, style in arm_styles(made).items():
            frame = made.curves[(made.curves["arm"] == name) & (made.curves["endpoint"] == "os")]
            np.testing.assert_array_equal(lines[style.title].get_xydata(), frame[["month", "value"]])
        printed = {text.get_text() for text in figure.axes[0].texts} | {text.get_text() for text in figure.texts}
        assert "200,000" in printed and any("median not reached" in words for words in printed)
        assert any("seed 20231112" in words and "Monte Carlo" in " ".join(words.split()) for words in printed)
        assert figure.axes[0].get_ylim() == (0, 1)
    with page() as figure:
        incidence(figure, made)
        assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
        frame = made.curves[(made.curves["arm"] == "arm_2") & (made.curves["endpoint"] == "nrm")]
        np.testing.assert_array_equal(figure.axes[1].lines[2].get_ydata(), frame["value"])
    with page() as figure:
        occupancy(figure, made)
        assert len(figure.axes) == 6
    with page() as figure:
        differences(figure, made)
        row = made.differences.iloc[-1]
        marks = [line.get_xdata() for line in figure.axes[0].lines]
        assert any(len(x) == 1 and x[0] == 100 * row["value"] for x in marks)


def test_a_curve_ends_with_few_at_risk_and_the_axis_with_it():
    made = comparison(2)
    made.curves.loc[made.curves["month"] > 30, "at_risk"] = 9.0
    with page() as figure:
        survival(figure, made, "os")
        assert {line.get_xdata().max() for line in figure.axes[0].lines if len(line.get_xdata()) > 5} == {30}
        assert figure.axes[0].get_xlim() == (0, 30)
    made.curves["at_risk"] = 3.0
    with page() as figure:
        survival(figure, made, "os")
        assert figure.axes[0].get_xlim() == (0, 6)
    with page() as figure:
        incidence(figure, made)
        assert all(not len(line.get_xdata()) for axes in figure.axes for line in axes.lines)


def influences(made, *rows):
    """A frame of `comparison.influence`, k times the shifts in arm k: (parameter, kind, low, high, screened only)."""
    found = []
    for name, kind, low, high, screened in rows:
        row = {"parameter": name, "kind": kind, "low": 0.0, "high": 1.0, "mc_se": 0.001, "screened_only": screened}
        for k, arm in enumerate(made.scenario.arms[1:], 1):
            found.append(
                row | {"arm": arm.name, "shift_low": low * k, "shift_high": high * k, "change": (high - low) * k}
            )
    return pd.DataFrame(found)


@pytest.mark.parametrize("arms", [2, 8])
def test_the_tornado_holds_the_values_of_the_frame(arms):
    made = comparison(arms)
    made.summary["differences"] = {
        f"arm_{k}": {"os": {"36": {"value": 0.01 * k, "low": 0.0, "high": 0.1}}} for k in range(1, arms)
    }
    frame = influences(
        made,
        ("sos_log_odds", "fitted", -0.05, 0.02, 0),
        ("course_log_factor", "assumption", 0.01, -0.03, 0),
        ("pomp_clock_speed", "assumption", 0.2, -0.2, 1),
        ("graft_failure", "assumption", 0.0, 1e-5, 0),
    )
    assert leaders(frame, False) == ["course_log_factor"] and leaders(frame, True) == ["sos_log_odds"]
    with page() as figure:
        tornado(figure, made, frame, Leading("os", 36))
        bars = {tuple(line.get_xdata()) for line in figure.axes[0].lines if len(set(line.get_xdata())) == 2}
    shown = range(max(1, arms - 5), arms)
    wanted = {(k + 100 * low * k, k + 100 * high * k) for k in shown for low, high in ((-0.05, 0.02), (0.01, -0.03))}
    np.testing.assert_allclose(sorted(bars), sorted(wanted), atol=1e-9)


def test_a_swimmer_is_as_long_as_the_life():
    made = comparison(2)
    lives = [
        Life("arm_0", [Stretch("active", 0, 1), Stretch("remission", 1, 9)], [Stretch("pomp", 2, 8)],
             [Mark("sct", 3.0), Mark("death", 9.0)], "leukaemia"),
        Life("arm_1", [Stretch("active", 0, 60)], [], [], "alive"),
    ]  # fmt: skip
    one = Pair(4, "longer", 33.4, 2, *lives)
    shares = {group: {"value": 0.25, "low": 0.2, "high": 0.3} for group in ("longer", "shorter", "equal", "identical")}
    with page() as figure:
        swimmers(figure, made, Pairs("arm_1", 2000, shares, [one]))
        bars = [(patch.get_x(), patch.get_width()) for patch in figure.axes[0].patches]
        assert bars == [(0, 1), (1, 8), (0, 60)]
        printed = {text.get_text() for text in figure.texts}
    assert "Patient 4 · 33 years, second salvage · lives longer" in printed
    assert {"dies of leukaemia, month 9.0", "alive at 60 months"} <= printed
    assert "25.0 % live longer" in shares_in_words(Pairs("arm_1", 2000, shares, [one]))


def test_published_points(tmp_path):
    months = np.arange(0, 61, 1.0)
    alive = np.exp(-months / 40)
    curves = [
        {
            "label": "All",
            "month": months,
            "median": alive,
            "low": alive * 0.8,
            "high": np.minimum(1, alive * 1.2),
        }
    ]
    points = [{"label": "All", "month": 36, "value": 0.4, "low": 0.3, "high": 0.5, "text": "3-year OS 40 %"}]
    paths = published_points_figure(curves, points, tmp_path, "fig_1a", "Overall survival")
    assert [path.name for path in paths] == ["fig_1a.png", "fig_1a.svg"] and all(path.exists() for path in paths)


def test_styles_differ_and_the_reference_is_black():
    styles = list(arm_styles(comparison(6)).values())
    assert styles[0].colour == "#000000" and len({(s.colour, str(s.line)) for s in styles}) == 6
