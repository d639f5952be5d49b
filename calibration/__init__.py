"""Evidence in, parameters out.

catalogue         the published numbers, each with its place, n, interval, role and reading
coverage          how many of them have which role; the catalogue as text and JSON
provenance        one number with both entries, sums and readings
care              a shipped case mix under a shipped strategy, and lives of it
observe, trial    Kantarjian 2023: what the trial sees of a life, and the trial simulated
followed          lives to the end of follow-up, as the other studies see them
both_antibodies   Wudhikarn 2022: selection of those who received blinatumomab and inotuzumab
kantarjian_2023, wudhikarn_2022, jabbour_2024
                  each study's own estimators on observed lives
studies           the three as the calibration sees them
targets          which published figures are fitted, which are not and why
priors           the range of every parameter as a normal on its working scale
spread           how far one study lies from a very large one, and its statistics together
likelihood       counts, and the rest given the counts
evaluations      the simulated side of the fit, kept so that nothing is run twice
optimum          Gauss-Newton steps to the greatest posterior density
fit              the point: `allpath calibrate`
emulator         statistics as a function of the parameters, without simulating
emulation        the simulations behind the emulator, and its error
problem          priors, targets, spread and emulator in one file
refit            a fit in milliseconds: blocks left out, simulated data
sampling         draws from the emulated posterior
posterior        all of that: `allpath posterior`
identify         who informs whom: `allpath identify`; cannot_tell in words; identify_report, profile_report, forest
coordinates      a problem seen in other coordinates, so that a refit answers other questions
recover          truths that are known, simulated and refitted: `allpath recover`; ranks, power, recover_report
published_size   one study of each kind as it would have been printed
misspecified     worlds in which a rule is not true; detect: whether the evidence tells; declared: what was found
papers, figures   what a reproduction prints of each paper beside its rows
reproduce         a study simulated at its own size, row by row beside what was printed

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
