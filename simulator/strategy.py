"""What is planned for a patient: regimen days and doses, blinatumomab, SCT policy, observation, what follows relapse.

Planned, not delivered: delivered treatment emerges from the rules (relapse, death, platelets, SCT end a plan).
The models below are the schema of a scenario's `[[arms]]`; `strategy_record` flattens one into the numbers that
the compiled rules read.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_DOSES_A_COURSE = 4
COURSE_DAYS = 28
DAYS_PER_WEEK = 7.0
DAYS_PER_MONTH = 30.4375


class Donor(IntEnum):
    """Donor sources."""

    MATCHED_RELATED = 0
    MATCHED_UNRELATED = 1
    HAPLOIDENTICAL = 2
    CORD = 3


class TransplantPolicy(IntEnum):
    """Who is offered SCT among those who meet the criteria."""

    NONE = 0
    AS_PRACTISED = 1
    EVERYONE_ELIGIBLE = 2


class MrdCriterion(IntEnum):
    """MRD at the decision that the policy asks for."""

    ANY = 0
    POSITIVE = 1
    NEGATIVE = 2


class GeneticsCriterion(IntEnum):
    """Genetics that the policy asks for."""

    ANY = 0
    HIGH_RISK = 1  # low-hypodiploid, near-triploid or KMT2A (K061)
    HIGH_RISK_OR_TP53 = 2


class IntervalAct(IntEnum):
    """How a minimum interval between the last InO and SCT is reached."""

    DELAY_SCT = 0
    STOP_INO_EARLY = 1
    STOP_INO_EARLY_AND_BLINATUMOMAB = 2


class WhileWaiting(IntEnum):
    """Treatment between the last planned block and SCT."""

    NEXT_COURSE = 0
    BLINATUMOMAB = 1
    POMP = 2
    NOTHING = 3


class LinePlace(IntEnum):
    """Where a line of blinatumomab alone stands."""

    NONE = 0
    BEFORE_PROTOCOL = 1
    AFTER_PROTOCOL = 2


WAITING_REVIEW_DAYS = 28.0  # in the queue for a bed before that treatment begins (judgement)


DonorName = Literal["matched_related", "matched_unrelated", "haploidentical", "cord"]
DONOR_NAMES: tuple[DonorName, ...] = ("matched_related", "matched_unrelated", "haploidentical", "cord")


class Section(BaseModel):
    """A table of a strategy: unknown keys, coercions, NaN and infinities are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


def number(unit: str, low: float, high: float, meaning: str) -> Any:
    """A bounded number whose unit is part of the schema."""
    return Field(ge=low, le=high, description=meaning, json_schema_extra={"unit": unit})


Dose = Annotated[float, number("mg/m2", 0.0, 2.0, "InO dose of one administration")]
CourseDay = Annotated[int, number("day of course", 1, 28, "day of administration, 1 = first day of the course")]


class Chemotherapy(Section):
    """The courses and their chemotherapy backbone; with backbone `none` a course is InO alone, if anything."""

    backbone: Literal["mini_hyper_cvd", "none"] = "mini_hyper_cvd"
    courses: Annotated[int, number("courses", 1, 8, "planned courses, with or without chemotherapy")]
    course_days: Annotated[int, number("days", 21, 42, "planned distance between course starts")] = COURSE_DAYS
    first_course_days: Annotated[int, number("days", 21, 42, "the same for course 1")] = COURSE_DAYS
    prolonged_thrombocytopenia: Literal["stop", "wait"] = "stop"
    """What platelets <= 50 x 10^9/L beyond six weeks do to the next course."""

    @model_validator(mode="after")
    def first_course_like_the_others(self) -> Self:
        """Course 1 is as long as the others unless it is stated."""
        if "first_course_days" in self.model_fields_set:
            return self
        return self.model_copy(update={"first_course_days": self.course_days})


class Inotuzumab(Section):
    """Inotuzumab ozogamicin (InO) in the first `courses` courses."""

    courses: Annotated[int, number("courses", 0, 8, "courses with InO")]
    days: list[CourseDay] = Field(min_length=0, max_length=MOST_DOSES_A_COURSE)
    first_course_doses_mg_per_m2: list[Dose] = Field(max_length=MOST_DOSES_A_COURSE)
    later_course_doses_mg_per_m2: list[Dose] = Field(max_length=MOST_DOSES_A_COURSE)
    first_course_doses_until_remission: bool = False
    """Whether courses begun in active disease repeat the doses of course 1."""


class Blinatumomab(Section):
    """Blinatumomab consolidation."""

    courses: Annotated[int, number("courses", 0, 8, "planned consolidation courses")] = 0
    after_course: Annotated[int, number("courses", 0, 8, "planned after this chemotherapy course")] = 4
    switch_early: bool = True
    """Whether the team may move on to it early (platelets, an SCT ahead, discretion)."""
    course_days: Annotated[int, number("days", 28, 63, "distance between course starts")] = 42
    infusion_days: Annotated[int, number("days", 14, 28, "days of continuous infusion")] = 28
    step_dose_ug_per_day: Annotated[float, number("ug/day", 5.0, 28.0, "dose of the first days of course 1")] = 9.0
    step_days: Annotated[int, number("days", 0, 14, "days at the step dose")] = 4
    dose_ug_per_day: Annotated[float, number("ug/day", 5.0, 28.0, "full dose")] = 28.0


class BlinatumomabLine(Section):
    """Blinatumomab alone in a line of its own, before the courses or once they have failed; doses as above."""

    when: Literal["none", "before_protocol", "after_protocol"] = "none"
    courses: Annotated[int, number("courses", 1, 5, "planned; no more than two without remission")] = 2
    transplant: bool = False
    """Whether SCT is offered in the remission that it brings."""


class Maintenance(Section):
    """POMP, with or without blinatumomab courses between."""

    pomp_months: Annotated[int, number("months", 0, 60, "planned POMP")]
    blinatumomab_courses: Annotated[int, number("courses", 0, 8, "blinatumomab courses during POMP")] = 0
    pomp_months_between: Annotated[int, number("months", 1, 12, "POMP before each of those courses")] = 3


class Conditioning(Section):
    """Conditioning, coded by what drives toxicity; `as_practised` draws the centre's mix."""

    regimen: Literal["as_practised", "stated"] = "as_practised"
    myeloablative: bool = True
    alkylators: Annotated[int, number("alkylating agents", 0, 2, "0, 1 or 2 (dual)")] = 1
    busulfan: bool = True
    thiotepa: bool = False
    total_body_irradiation: bool = False
    dual_alkylators_share: Annotated[float, number("probability", 0.0, 1.0, "two, with thiotepa: as practised")] = 0.0
    """Of myeloablative SCT as practised: the share with two alkylators and thiotepa (a centre's habit)."""


class Transplant(Section):
    """SCT as a policy from remission: whom, when, how."""

    policy: Literal["none", "as_practised", "everyone_eligible"]
    mrd: Literal["any", "positive", "negative"] = "any"
    genetics: Literal["any", "high_risk", "high_risk_or_tp53"] = "any"
    earliest_line: Annotated[int, number("salvage line", 1, 3, "first salvage line offered SCT")] = 1
    latest_line: Annotated[int, number("salvage line", 1, 3, "last salvage line offered SCT; 3 = 3 or later")] = 3
    max_age_years: Annotated[float, number("years", 18, 100, "oldest age offered SCT")] = 75.0
    donors: list[DonorName] = Field(default_factory=lambda: list(DONOR_NAMES), description="donor sources accepted")
    blinatumomab_courses_before: Annotated[int, number("courses", 0, 4, "blinatumomab first")] = 0
    minimum_interval_weeks: Annotated[float, number("weeks", 0.0, 52.0, "last InO to SCT, at least")] = 0.0
    interval_act: Literal["delay_sct", "stop_ino_early", "stop_ino_early_and_blinatumomab"] = "delay_sct"
    while_waiting: Literal["next_course", "blinatumomab", "pomp", "nothing"] = "next_course"
    grace_period_months: Annotated[float, number("months", 1.0, 24.0, "from remission; later SCT is not done")] = 10.0
    conditioning: Conditioning = Conditioning()


class Prophylaxis(Section):
    """SOS prophylaxis."""

    ursodiol_share: Annotated[float, number("probability", 0.0, 1.0, "patients given ursodiol")]


class Mrd(Section):
    """The assay and the dates on which it is done in remission (always at response and after each course)."""

    assay: Literal["flow", "ngs"] = "flow"
    surveillance_every_months: Annotated[int, number("months", 0, 12, "marrows after treatment; 0 = none")] = 3
    surveillance_months: Annotated[int, number("months", 0, 60, "how long")] = 36
    at_persistence: Literal["nothing", "blinatumomab"] = "nothing"
    """What a marrow sets off that is still positive three courses after remission."""
    at_molecular_relapse: Literal["nothing", "blinatumomab"] = "nothing"
    """What a marrow sets off that is positive after a negative one."""


class AfterRelapse(Section):
    """What follows relapse or refractory disease."""

    salvage_lines: Annotated[int, number("lines", 0, 4, "further lines tried")] = 3
    transplant: bool = False
    """Whether SCT is offered in a later remission."""


class Setting(Section):
    """When and where care is given."""

    era: Literal["before_2017", "from_2017"]
    """Experience with InO and SOS; an attribution term of the SOS model, not a treatment."""


class Strategy(Section):
    """A complete treatment strategy; every default is stated in the resolved form."""

    chemotherapy: Chemotherapy
    inotuzumab: Inotuzumab
    blinatumomab: Blinatumomab
    blinatumomab_line: BlinatumomabLine = BlinatumomabLine()
    maintenance: Maintenance
    transplant: Transplant
    prophylaxis: Prophylaxis
    mrd: Mrd
    after_relapse: AfterRelapse
    setting: Setting


# What the compiled rules read: everything a number, one flat record.
STRATEGY_DTYPE = np.dtype(
    [
        ("courses", "i8"),
        ("course_days", "f8"),
        ("first_course_days", "f8"),
        ("backbone", "i8"),
        ("stop_at_prolonged_thrombocytopenia", "i8"),
        ("inotuzumab_courses", "i8"),
        ("inotuzumab_doses_per_course", "i8"),
        ("inotuzumab_days", "f8", (MOST_DOSES_A_COURSE,)),
        ("inotuzumab_first_doses", "f8", (MOST_DOSES_A_COURSE,)),
        ("inotuzumab_later_doses", "f8", (MOST_DOSES_A_COURSE,)),
        ("inotuzumab_first_doses_until_remission", "i8"),
        ("blinatumomab_courses", "i8"),
        ("blinatumomab_after_course", "i8"),
        ("blinatumomab_switch_early", "i8"),
        ("blinatumomab_course_days", "f8"),
        ("blinatumomab_infusion_days", "f8"),
        ("blinatumomab_first_course_intensity", "f8"),
        ("blinatumomab_intensity", "f8"),
        ("blinatumomab_line", "i8"),
        ("blinatumomab_line_courses", "i8"),
        ("blinatumomab_line_transplant", "i8"),
        ("pomp_months", "f8"),
        ("maintenance_blinatumomab_courses", "i8"),
        ("pomp_months_between", "f8"),
        ("transplant_policy", "i8"),
        ("transplant_mrd", "i8"),
        ("transplant_genetics", "i8"),
        ("transplant_earliest_line", "i8"),
        ("transplant_latest_line", "i8"),
        ("transplant_max_age_years", "f8"),
        ("transplant_donors", "i8", (len(Donor),)),
        ("transplant_after_blinatumomab_courses", "i8"),
        ("transplant_minimum_interval_days", "f8"),
        ("transplant_interval_act", "i8"),
        ("transplant_while_waiting", "i8"),
        ("transplant_grace_days", "f8"),
        ("conditioning_stated", "i8"),
        ("conditioning_myeloablative", "i8"),
        ("conditioning_alkylators", "i8"),
        ("conditioning_busulfan", "i8"),
        ("conditioning_thiotepa", "i8"),
        ("conditioning_tbi", "i8"),
        ("conditioning_dual_alkylators_share", "f8"),
        ("ursodiol_share", "f8"),
        ("mrd_limit_log10", "f8"),
        ("mrd_every_days", "f8"),
        ("mrd_until_days", "f8"),
        ("blinatumomab_at_persistence", "i8"),
        ("blinatumomab_at_molecular_relapse", "i8"),
        ("salvage_lines", "i8"),
        ("later_transplant", "i8"),
        ("era_from_2017", "i8"),
    ]
)

FLOW_LIMIT_LOG10 = -4.0  # K040
NGS_LIMIT_LOG10 = -6.0  # K041


def strategy_record(strategy: Strategy) -> np.recarray:
    """The strategy as shape (1,) recarray of STRATEGY_DTYPE, days and 0/1 flags throughout."""
    record = np.zeros(1, STRATEGY_DTYPE).view(np.recarray)
    row = record[0]
    chemotherapy, ino, blina = strategy.chemotherapy, strategy.inotuzumab, strategy.blinatumomab
    transplant, conditioning = strategy.transplant, strategy.transplant.conditioning
    row.courses = chemotherapy.courses
    row.course_days = chemotherapy.course_days
    row.first_course_days = chemotherapy.first_course_days
    row.backbone = chemotherapy.backbone != "none"
    row.stop_at_prolonged_thrombocytopenia = chemotherapy.prolonged_thrombocytopenia == "stop"
    row.inotuzumab_courses = ino.courses
    row.inotuzumab_doses_per_course = len(ino.days)
    row.inotuzumab_days[: len(ino.days)] = ino.days
    row.inotuzumab_first_doses[: len(ino.days)] = ino.first_course_doses_mg_per_m2
    row.inotuzumab_later_doses[: len(ino.days)] = ino.later_course_doses_mg_per_m2
    row.inotuzumab_first_doses_until_remission = ino.first_course_doses_until_remission
    row.blinatumomab_courses = blina.courses
    row.blinatumomab_after_course = blina.after_course
    row.blinatumomab_switch_early = blina.switch_early
    row.blinatumomab_course_days = blina.course_days
    row.blinatumomab_infusion_days = blina.infusion_days
    full = blina.infusion_days * blina.dose_ug_per_day
    step = blina.step_days * (blina.dose_ug_per_day - blina.step_dose_ug_per_day)
    labelled = 28 * 28.0  # intensity 1 = 28 ug/day for 28 days, K035-K036
    row.blinatumomab_first_course_intensity = (full - step) / labelled
    row.blinatumomab_intensity = full / labelled
    row.blinatumomab_line = LinePlace[strategy.blinatumomab_line.when.upper()]
    row.blinatumomab_line_courses = strategy.blinatumomab_line.courses
    row.blinatumomab_line_transplant = strategy.blinatumomab_line.transplant
    row.pomp_months = strategy.maintenance.pomp_months
    row.maintenance_blinatumomab_courses = strategy.maintenance.blinatumomab_courses
    row.pomp_months_between = strategy.maintenance.pomp_months_between
    row.transplant_policy = TransplantPolicy[transplant.policy.upper()]
    row.transplant_mrd = MrdCriterion[transplant.mrd.upper()]
    row.transplant_genetics = GeneticsCriterion[transplant.genetics.upper()]
    row.transplant_earliest_line = transplant.earliest_line
    row.transplant_latest_line = transplant.latest_line
    row.transplant_max_age_years = transplant.max_age_years
    for donor in transplant.donors:
        row.transplant_donors[Donor[donor.upper()]] = 1
    row.transplant_after_blinatumomab_courses = transplant.blinatumomab_courses_before
    row.transplant_minimum_interval_days = transplant.minimum_interval_weeks * DAYS_PER_WEEK
    row.transplant_interval_act = IntervalAct[transplant.interval_act.upper()]
    row.transplant_while_waiting = WhileWaiting[transplant.while_waiting.upper()]
    row.transplant_grace_days = transplant.grace_period_months * DAYS_PER_MONTH
    row.conditioning_stated = conditioning.regimen == "stated"
    row.conditioning_myeloablative = conditioning.myeloablative
    row.conditioning_alkylators = conditioning.alkylators
    row.conditioning_busulfan = conditioning.busulfan
    row.conditioning_thiotepa = conditioning.thiotepa
    row.conditioning_tbi = conditioning.total_body_irradiation
    row.conditioning_dual_alkylators_share = conditioning.dual_alkylators_share
    row.ursodiol_share = strategy.prophylaxis.ursodiol_share
    row.mrd_limit_log10 = FLOW_LIMIT_LOG10 if strategy.mrd.assay == "flow" else NGS_LIMIT_LOG10
    row.mrd_every_days = strategy.mrd.surveillance_every_months * DAYS_PER_MONTH
    row.mrd_until_days = strategy.mrd.surveillance_months * DAYS_PER_MONTH
    row.blinatumomab_at_persistence = strategy.mrd.at_persistence == "blinatumomab"
    row.blinatumomab_at_molecular_relapse = strategy.mrd.at_molecular_relapse == "blinatumomab"
    row.salvage_lines = strategy.after_relapse.salvage_lines
    row.later_transplant = strategy.after_relapse.transplant
    row.era_from_2017 = strategy.setting.era == "from_2017"
    return record
