"""Compare transplant policies from Python: change a scenario, run it, read the frames, fit a curve.

Run it from anywhere, in the environment that allpath is installed in:

    python examples/compare_policies.py

The first run compiles the rules (about half a minute); after that it takes a few seconds.
"""

from lifelines import KaplanMeierFitter

import simulator as ap

PATIENTS = 5_000
MONTH = 36


def main() -> None:
    # A shipped name or the path of a file. `settings` are what `--set` is on the command line: values are TOML.
    scenario = ap.load_scenario(
        "sct_vs_no_sct",
        patients=PATIENTS,
        settings={"arms.sct.transplant.max_age_years": "60", "horizon_months": "60"},
    )
    print(scenario.question)
    print(f"arms: {', '.join(arm.name for arm in scenario.arms)}; reference: {scenario.reference}")

    found = ap.compare(scenario)

    print(f"\nOverall survival at {MONTH} months, each arm, with Monte Carlo 95 % intervals")
    estimates = found.estimates.query("endpoint == 'os' and month == @MONTH")
    print(estimates[["arm", "value", "low", "high", "n"]].round(3).to_string(index=False))

    print(f"\nThe same patients under two policies: difference from {scenario.reference} at {MONTH} months")
    differences = found.differences.query("endpoint in ('os', 'rfs', 'nrm') and month == @MONTH")
    columns = ["arm", "endpoint", "value", "low", "high", "mc_se", "variance_reduction"]
    print(differences[columns].round(3).to_string(index=False))

    print("\nWhat was delivered")
    columns = ["arm", "sct_share", "sct_month_median", "interval_weeks_median", "inotuzumab_mg_per_m2_median"]
    print(found.delivered[columns].round(2).to_string(index=False))

    # The tables above come from exact counts of all patients. For methods of your own take the patients themselves.
    patients = ap.patients_table(scenario, "sct", PATIENTS)
    curve = KaplanMeierFitter().fit(patients["os_months"], patients["os_event"], label="sct")
    print(f"\nKaplan-Meier of {len(patients):,} patients of arm sct by lifelines")
    print(f"OS at {MONTH} months {curve.predict(MONTH):.3f}, median {curve.median_survival_time_:.1f} months")

    print("\nIntervals are Monte Carlo only. The causal effect of SCT is not identified by the published cohort.")


if __name__ == "__main__":
    main()
