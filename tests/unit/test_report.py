"""The report prints what the comparison holds: aligned, with units, undefined shown as such, figures reproducible."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

TITLES = {
    2: ["Original: mini-hyper-CVD + inotuzumab", "Modified: fractionated inotuzumab, then blinatumomab"],
    6: ["No SCT", "SCT as practised", "SCT only if MRD-positive", "SCT only if high-risk genetics",
        "SCT as soon as a donor is found", "SCT after two courses of blinatumomab"],
}  # fmt: skip
MONTHS = np.arange(0, 61)


def curve(plateau: float, rate: float) -> np.ndarray:
    return plateau + (1 - plateau) * np.exp(-((rate * MONTHS) ** 0.9))


def cell(value: float | None, half: float = 0.002) -> dict[str, float | None]:
    return {"value": value, "low": None if value is None else value - half,
            "high": None if value is None else value + half}  # fmt: skip


def comparison(arms: int = 2, patients: int = 200_000) -> SimpleNamespace:
    """A made-up comparison with the shape of `simulator.compare.Comparison`."""
    names = [f"arm_{k}" for k in range(arms)]
    months, main = (12, 24, 36, 60), 36
    titles = TITLES.get(arms) or [f"Arm {k}" for k in range(arms)]
    half = 0.98 / np.sqrt(patients)
    summary_arms, estimates, curves, occupancy, differences, longer, contrasts, delivered = {}, [], [], [], [], [], [], []
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
            curves.append(pd.DataFrame({"arm": name, "endpoint": end, "month": MONTHS, "value": y, "low": y - half,
                                        "high": y + half, "at_risk": np.round(n * (os_ if end == "os" else rfs))}))  # fmt: skip
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
                differences.append({"arm": name, "endpoint": "os", "month": m, "mc_se": half / 3, "nnt": 1 / gap,
                                    "variance_reduction": 4.12} | cell(gap, half * 0.6))  # fmt: skip
            longer.append({"arm": name, "longer": 0.21, "equal": 0.66, "shorter": 0.13})
        for contrast, value in (("naive_ever_sct", (0.61, 0.42)), ("landmark_4_months", (0.56, 0.55))):
            contrasts += [{"arm": name, "contrast": contrast, "group": group, "month": main, "value": v,
                           "n": patients // 2, "label": contrast} for group, v in zip(("sct", "no_sct"), value)]  # fmt: skip
        delivered.append({"arm": name, "inotuzumab_mg_per_m2": 2.7, "inotuzumab_courses": 3, "sct_share": 0.48,
                          "blinatumomab_courses": np.nan, "sct_month": 4.6, "interval_weeks": 9.0})  # fmt: skip
    scenario = SimpleNamespace(
        name="made_up", question="Does SCT in remission lengthen life, and in whom?", reference="arm_0",
        arms=tuple(SimpleNamespace(name=n, title=t) for n, t in zip(names, titles)), report_months=months,
        horizon_months=60, patients=patients, seed=20231112, parameters="kantarjian-2023-point")  # fmt: skip
    summary = {"scenario": "made_up", "patients": patients, "seed": 20231112, "reference": "arm_0",
               "parameter_set": "kantarjian-2023-point", "arms": summary_arms, "differences": {}}  # fmt: skip
    return SimpleNamespace(
        scenario=scenario, summary=summary, estimates=pd.DataFrame(estimates), curves=pd.concat(curves),
        occupancy=pd.concat(occupancy), differences=pd.DataFrame(differences), contrasts=pd.DataFrame(contrasts),
        longer_shorter=pd.DataFrame(longer), delivered=pd.DataFrame(delivered))  # fmt: skip
