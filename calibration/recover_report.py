"""`allpath recover` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scipy.stats import binomtest

from calibration.declared import SAME_FIT, sentence
from calibration.detect import DETECTED, Detection
from calibration.posterior import SURVIVAL
from calibration.power import BAD, CLAIMED, POWER, least_caught, power, studies_needed
from calibration.problem import Problem
from calibration.ranks import FALSE_ALARM, LEVELS, expected_range, false_alarm_each
from calibration.recover import LOG_LIKELIHOOD, Recovery

SCHEME = (
    "Truths are drawn from the posterior given what was published; at each, all studies are simulated anew at their "
    "own sizes by the model; the posterior given both must hold the truth at uniform ranks."
)
WORDS = {
    SURVIVAL[0]: "OS at 36 months, original",
    SURVIVAL[1]: "OS at 36 months, modified",
    LOG_LIKELIHOOD: "log likelihood",
}


def as_json(problem: Problem, recovery: Recovery, detections: Sequence[Detection], seed: int) -> dict[str, Any]:
    """The machine-readable form (docs/json.md)."""
    studies, each = len(recovery.ranks), false_alarm_each(len(recovery.names))
    judged = recovery.judged()
    return {
        "fit": {key: problem.about[key] for key in SAME_FIT},
        "parameter_set": problem.about["parameter_set"],
        "seed": seed,
        "studies": studies,
        "scheme": SCHEME,
        "false_alarm": FALSE_ALARM,
        "false_alarm_each_test": each,
        "power": {
            "claimed": CLAIMED,
            "covers": BAD,
            "power": round(power(studies, BAD, each), 4),
            "wanted": POWER,
            "studies_needed": studies_needed(each),
            "least_caught": round(least_caught(studies, each), 3),
        },
        "flagged": sum(bool(one.flagged) for one in judged),
        "quantities": [
            {
                "name": one.name,
                "coverage": {f"{level:g}": round(one.covered[level] / studies, 4) for level in LEVELS},
                "bias_sd": round(one.bias, 3),
                "spread": round(one.spread, 3),
                "p": float(f"{one.p:.3g}"),
                "flagged": list(one.flagged),
            }
            for one in judged
        ],
        "misspecifications": [_misspecification(one) for one in detections],
    }


def _misspecification(one: Detection) -> dict[str, Any]:
    studies = len(one.deviance)
    statistics = {}
    for name in ("deviance", "amount"):
        rate = one.rate(name)
        interval = binomtest(round(rate * studies), studies).proportion_ci(method="wilson")
        statistics[name] = {
            "rate": round(rate, 4),
            "low": round(float(interval.low), 4),
            "high": round(float(interval.high), 4),
            "published_p": round(one.p(name), 4),
        }
    about = {"name": one.world.name, "words": one.world.words, "studies": studies, "detected": one.detected}
    return about | statistics


def as_text(found: dict[str, Any]) -> str:
    """For the terminal and for `recover.txt`, from the JSON."""
    return "\n".join(_text(found))


def _text(found: dict[str, Any]) -> Iterator[str]:
    n, power_ = found["studies"], found["power"]
    yield f"Recovery: {n} simulated sets of studies, parameter set {found['parameter_set']}, seed {found['seed']}"
    yield SCHEME
    verdict = "Not passed" if found["flagged"] else "Passed"
    yield (
        f"{verdict}: {found['flagged']} of {len(found['quantities'])} quantities flagged; with everything right, "
        f"any flag at all in at most {100 * found['false_alarm']:.0f} % of runs "
        f"({found['false_alarm_each_test']:.2g} a test)."
    )
    yield (
        f"Power: a {100 * CLAIMED:.0f} % interval that covers {100 * BAD:.0f} % is caught with probability "
        f"{power_['power']:.3f} ({power_['studies_needed']} studies give {POWER:.2f}); with {n} studies a coverage of "
        f"{100 * power_['least_caught']:.0f} % is caught with {POWER:.2f}."
    )
    yield ""
    yield f"{'':<42}" + "".join(f"{100 * level:>6.0f} %" for level in LEVELS) + "    bias  spread        p"
    ranges = [expected_range(n, level) for level in LEVELS]
    yield f"{'  expected, 95 % of runs':<42}" + "".join(
        f"{100 * low / n:>4.0f}–{100 * high / n:<3.0f}" for low, high in ranges
    )
    for one in found["quantities"]:
        name = WORDS.get(one["name"], one["name"])
        shares = "".join(f"{100 * share:>8.1f}" for share in one["coverage"].values())
        flagged = "  flagged: " + ", ".join(one["flagged"]) if one["flagged"] else ""
        yield f"{name:<42}{shares}{one['bias_sd']:>+8.2f}{one['spread']:>8.2f}{one['p']:>9.2g}{flagged}"
    if found["misspecifications"]:
        yield from ("", f"If a rule were not true (detected: found in {100 * DETECTED:.0f} % of studies or more)")
        for line in found["misspecifications"]:
            yield f"  {line['name']}: {sentence(line)}"
