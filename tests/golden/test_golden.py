"""Rank of proof: golden.

Says only "something moved"; whether it should have is for the other tests and the reader.

Accept a change with `python -m tests.golden.accept`, and say in the commit what moved and why.
"""

import table


def test_golden_nothing_moved():
    differences = table.moved(table.stored(), table.rows())
    assert not differences, f"{len(differences)} entries moved, first: {differences[:5]}"


def test_the_golden_table_holds_every_kind_of_life():
    stored = table.stored()
    assert len(stored) == 2 * table.PATIENTS
    assert {row[-1] for row in stored} >= {"alive", "early", "remission", "transplant", "leukaemia"}
    for name in table.DAYS:
        column = [row[table.HEADER.index(name)] for row in stored]
        assert 0 < sum(map(bool, column)) < len(stored), name


def test_sabotage_a_moved_day_count_or_cause_is_seen():
    stored = table.stored()
    for name, value in (
        ("death_day", "1.00"),
        ("courses", "99"),
        ("death_cause", "sos"),
        ("relapse_day", "7.77"),
    ):
        wrong = [list(row) for row in stored]
        wrong[3][table.HEADER.index(name)] = value
        assert len(table.moved(stored, wrong)) == 1
        assert table.hash_of(stored) != table.hash_of(wrong)
    assert table.moved(stored, stored) == []
    assert table.moved(stored, stored[1:]) != []
