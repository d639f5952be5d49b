"""Lives one by one: as a row, as an event log, in words.

patients     one row a life                 columns      what the columns of that row are
states       clinical states and the        event_log    slot, day and state of every event, compiled
             transitions between them       transitions  the log in the long format of mstate
files        all of these as Parquet        life         one life, event by event
words        each kind of event in words    trace        one patient under every arm, side by side
"""

from simulator.trajectory.files import write_events, write_patient_tables
from simulator.trajectory.patients import delivered_of, lives, patients_table

__all__ = ["delivered_of", "lives", "patients_table", "write_events", "write_patient_tables"]
