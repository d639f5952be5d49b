"""Evidence in, parameters out.

catalogue        the published numbers, each with its place, n, interval, role and reading
coverage         how many of them have which role; the catalogue as text and JSON
provenance       one number with both entries, sums and readings
observe          what a study sees of a life: entry, cut-off, loss to follow-up, who is tested
kantarjian_2023  the study's own estimators on observed lives
fit              parameters to those statistics, through the estimators
reproduce        the study simulated at its own size, row by row beside what was printed

Other people's studies, before their results and with them:

described        a study that a user describes; scope: what the model cannot speak to
seen, quantities what such a study sees of a life, and what it prints; subgroups by name
worlds           parameters, attribution and between_trials, one world a simulated study
printed          the names of what it prints
predict          the study simulated in many worlds; told_apart, prediction_curves, prediction_text, prediction_figures
curves, guyot    a digitised curve, checked; pseudo-patients from it
own_data, own_targets, own_fit, own_report    chosen parameters refitted to a reader's own figures
interval_score, outside_trials                whether predictions cover and beat a naive transport
"""
