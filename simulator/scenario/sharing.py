"""What patients share and how they arrive: `[ward]` of a scenario, and what an arm may state otherwise."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.strategy import Section, number

MONTHS_A_YEAR = 12


class Sharing(Section):
    """Places that patients share (absent: no limit) and who is served first; an arm's own lie over the scenario's."""

    sct_beds: Annotated[int | None, number("beds", 0, 1000, "SCT beds, held admission to discharge")] = None
    donor_search_desks: Annotated[int | None, number("desks", 0, 1000, "donor searches at a time")] = None
    policy: Literal["first_come", "urgency", "mrd_positive_first", "longest_since_inotuzumab"] = "first_come"
    """Who is served first of those who wait."""
    meeting: Literal["none", "daily", "weekly"] = "none"
    """`none`: served at the instant of a request or a return; else at one meeting a day or a week."""

    def limited(self) -> bool:
        """Whether anything is shared."""
        return self.sct_beds is not None or self.donor_search_desks is not None


class Ward(Sharing):
    """What patients share, how they arrive and what is measured; the same arrivals in every arm."""

    arrivals: Literal["all_at_once", "poisson", "calendar"] = "poisson"
    patients_per_year: Annotated[int, number("patients/year", 1, 100_000, "referred, with Poisson arrivals")] = 60
    patients_by_month: list[Annotated[int, number("patients/month", 0, 10_000, "referred")]] = Field(
        default=[], max_length=MONTHS_A_YEAR, description="referred from January to December, with arrivals by calendar"
    )
    patients_per_replicate: Annotated[int, number("patients", 10, 100_000, "who share one ward")] = 400
    warm_up_months: Annotated[int, number("months", 0, 120, "patients referred so early are not measured")] = 24
    run_out_months: Annotated[int, number("months", 0, 60, "patients referred so late are not measured")] = 12

    def yearly(self) -> int:
        """Patients referred in a year; 0 = all at once."""
        by_kind = {"all_at_once": 0, "poisson": self.patients_per_year, "calendar": sum(self.patients_by_month)}
        return by_kind[self.arrivals]

    def measured(self) -> range:
        """Which patients of a replicate, in order of arrival, are measured."""
        first = round(self.yearly() * self.warm_up_months / MONTHS_A_YEAR)
        last = round(self.yearly() * self.run_out_months / MONTHS_A_YEAR)
        return range(first, self.patients_per_replicate - last)

    def sharing(self) -> Sharing:
        """What is shared, without the arrivals."""
        return Sharing(**{key: getattr(self, key) for key in Sharing.model_fields})
