"""What a described study prints: each quantity of each subgroup of each arm, in order."""

from __future__ import annotations

from typing import NamedTuple

from calibration.described import DescribedStudy
from calibration.quantities import names_of, unit_of
from calibration.scope import MRD

OF_OVERT_DISEASE = ("response_rate", "cr_rate")  # who enters in remission has nothing to respond with


class Printed(NamedTuple):
    """A quantity of a subgroup (empty: all) of an arm (empty: the only one); `name` is that of the JSON form."""

    quantity: str
    subgroup: str
    arm: str

    @property
    def name(self) -> str:
        """Subgroup, then arm appended."""
        return "_".join(word for word in self if word)

    @property
    def unit(self) -> str:
        """Months, patients or probability."""
        return unit_of(self.quantity)


def printed(study: DescribedStudy) -> list[Printed]:
    """What the study prints, in order: arm by arm, all patients first, then its subgroups."""
    head = study.head
    names = names_of(head.months, head.landmark_months)
    wanted = [name for name in names if head.disease != MRD or name not in OF_OVERT_DISEASE]
    arms = [arm.name for arm in study.arms] if len(study.arms) > 1 else [""]
    return [Printed(name, group, arm) for arm in arms for group in ("", *head.subgroups) for name in wanted]
