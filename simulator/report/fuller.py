"""Everything a comparison holds, as text: what `tables.answer` leaves out."""

from __future__ import annotations

from typing import Any

from simulator.report.style import number, percent, plain, short_name, span, titles_of, words_of
from simulator.report.text import aligned, both, chosen, filled, fold, text_width


def scale_of(endpoint: str) -> float:
    """Shares are printed in percent, months as they are."""
    return 1.0 if endpoint.endswith("_months") else 100.0


def _repeats(rows: list[list[str]], columns: int) -> list[list[str]]:
    """Leading cells that only repeat the row above are left blank."""
    shown = []
    for k, row in enumerate(rows):
        same = 0
        while k and same < columns and row[: same + 1] == rows[k - 1][: same + 1]:
            same += 1
        shown.append([""] * same + row[same:])
    return shown


def details(comparison: Any, width: int | None = None) -> str:
    """Every estimate with its interval, every difference, what was delivered, every contrast with its n."""
    width, titles = text_width(width), titles_of(comparison)
    parts, single, frame = [], [], comparison.estimates
    letters = [chr(ord("A") + k) for k in range(len(titles))]
    key = "\n".join(f"{letter}: {title}" for letter, title in zip(letters, titles.values()))
    for end in dict.fromkeys(frame["endpoint"]):
        mine, scale = chosen(frame, endpoint=end), scale_of(end)
        months = sorted(mine["month"].dropna().unique())[: (width - 30) // 11]
        unit = "%" if scale == 100 else "months"
        if len(months) < 2:
            cells = [chosen(mine, arm=name).head(1).to_dict("records") for name in titles]
            single.append([f"{short_name(end)}, {unit}",
                           *(both(cell[0], scale=scale) if cell else "–" for cell in cells)])  # fmt: skip
            continue
        rows = []
        for name, title in titles.items():
            at = [chosen(mine, arm=name, month=month).to_dict("records") for month in months]
            n = plain(at[0][0]["n"] if at[0] else None, 0)
            rows.append([title, n, *(both(cell[0], scale=scale) if cell else "–" for cell in at)])
        heads = ["Arm", "n", *(f"{month:g} mo\n{unit}" for month in months)]
        parts.append(f"{words_of(end)}\n{aligned(heads, rows, width)}")
    if single:
        parts.append(f"Single numbers (SCT and SOS: by the horizon)\n{key}\n{aligned(['', *letters], single, width)}")
    rows = []
    for r in comparison.differences.to_dict("records"):
        scale, end = scale_of(r["endpoint"]), short_name(r["endpoint"])
        value, error = (None if number(r[c]) is None else scale * r[c] for c in ("value", "mc_se"))
        rows.append(
            [
                titles[r["arm"]],
                end,
                plain(r["month"], 0),
                plain(value, 2, True),
                span(r["low"], r["high"], 2, scale, True),
                plain(error, 3),
                fold(r["variance_reduction"]),
            ]
        )
    if rows:
        heads = [
            "Arm",
            "Endpoint",
            "Month",
            "Points or\nmonths",
            "95 % MC\ninterval",
            "MC s.e.",
            "Variance\ncut by",
        ]
        parts.append(f"Paired differences against the reference\n{aligned(heads, _repeats(rows, 2), width, (0, 1))}")
    rows = [
        [
            titles[r["arm"]],
            r["quantity"].replace("_", " "),
            plain(r["month"], 0),
            r["luck"].replace("_", " "),
            both(r),
        ]
        for r in comparison.longer_shorter.to_dict("records")
    ]
    if rows:
        heads = ["Arm", "Who, against the reference", "Month", "Luck", "%"]
        parts.append(f"Two lives of one patient: an assumption that no trial can test\n"
                     f"{aligned(heads, _repeats(rows, 3), width, (0, 1, 3))}")  # fmt: skip
    table = comparison.delivered.set_index("arm")
    rows = [
        [
            column.replace("_", " "),
            *(plain(table[column].get(name), 2).removesuffix(".00") for name in titles),
        ]
        for column in table
    ]
    if rows:
        parts.append(f"Delivered\n{key}\n{aligned(['', *letters], rows, width)}")
    rows = [[titles[r["arm"]], r["contrast"].replace("_", " "), plain(r["month"], 0),
             *(f"{percent(r['survival_' + g])}\n({plain(r['n_' + g], 0)})" for g in ("sct", "no_sct")),
             f"{percent(r['difference'], sign=True)}\n{span(r['low'], r['high'], 1, 100.0, True)}".rstrip()]
            for r in comparison.contrasts.to_dict("records")]  # fmt: skip
    if rows:
        heads = ["Arm", "Contrast", "Month", "OS, SCT\n% (n)", "OS, no SCT\n% (n)", "Points\n95 % MC"]
        notes = "\n".join(filled(label, width) for label in dict.fromkeys(comparison.contrasts["label"]))
        parts.append(f"Contrasts within an arm\n{aligned(heads, _repeats(rows, 2), width, (0, 1))}\n\n{notes}")
    return "\n\n".join(parts) + "\n"
