"""The columns of a patient table, with type, unit and meaning. The last ones come from the record."""

from __future__ import annotations

from simulator.parquet import Column
from simulator.patient import FIELDS
from simulator.trajectory.patients import BASELINE, DELIVERED

_RECORD = {
    name: Column(name, {"f": "float"}.get(kind, "int"), unit, meaning) for name, kind, unit, _, meaning in FIELDS
}
FROM_CR = "first remission on protocol to"

PATIENT_COLUMNS = (
    Column("patient", "int", "", "patient number, the same patient in every arm"),
    Column("os_months", "float", "months", "day 1 to death or the horizon"),
    Column("os_event", "int", "0/1", "died"),
    Column("efs_months", "float", "months", "day 1 to refractory disease, relapse, death or the horizon"),
    Column("efs_event", "int", "0/1", "one of these happened"),
    Column("rfs_months", "float", "months", f"{FROM_CR} relapse or death, at most the horizon; null without remission"),
    Column("rfs_event", "int", "0/1", "relapse or death; null without remission"),
    Column("os_from_cr_months", "float", "months", f"{FROM_CR} death, at most the horizon; null without remission"),
    Column("os_from_cr_event", "int", "0/1", "died; null without remission"),
    Column("efs_cause", "text", "", "refractory, relapse, death or none"),
    Column("rfs_cause", "text", "", "relapse, death or none"),
    Column("death_cause", "text", "", "cause of a death by the horizon, else alive"),
    Column("response", "int", "0/1", "remission on protocol"),
    Column("response_kind", "text", "", "cr, crp, cri or none"),
    Column("mrd_negative_at_response", "int", "0/1", "first marrow in remission MRD-negative"),
    Column("remission_month", "float", "months", "day 1 to first remission; null = not by the horizon"),
    Column("refractory_month", "float", "months", "day 1 to refractory disease declared; null = not by the horizon"),
    Column("relapse_month", "float", "months", "day 1 to first morphologic relapse; null = not by the horizon"),
    Column("transplant_month", "float", "months", "day 1 to first SCT; null = not by the horizon"),
    Column("sos_month", "float", "months", "day 1 to onset of SOS; null = not by the horizon"),
    Column("transplanted", "int", "0/1", "SCT by the horizon"),
    Column("sos", "int", "0/1", "SOS by the horizon"),
    Column("sos_severe", "int", "0/1", "severe or very severe SOS by the horizon"),
    Column("sos_fatal", "int", "0/1", "death attributed to SOS by the horizon"),
    Column("transplant_interval_weeks", "float", "weeks", "last inotuzumab to first SCT; null without one of them"),
    *(_RECORD[name] for name in (*DELIVERED, *BASELINE)),
)  # fmt: skip
