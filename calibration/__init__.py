"""Evidence in, parameters out.

catalogue        the published numbers, each with its place, n, interval, role and reading
coverage         how many of them have which role; the catalogue as text and JSON
provenance       one number with both entries, sums and readings
observe          what a study sees of a life: entry, cut-off, loss to follow-up, who is tested
kantarjian_2023  the study's own estimators on observed lives
fit              parameters to those statistics, through the estimators
reproduce        the study simulated at its own size, row by row beside what was printed
"""
