"""Evidence in, parameters out.

catalogue        the published numbers, each with its place, n, interval, role and reading
coverage         how many of them have which role; the catalogue as text and JSON
provenance       one number with both entries, sums and readings
observe          what a study sees of a life: entry, cut-off, loss to follow-up, who is tested
kantarjian_2023  the study's own estimators on observed lives
studies          every published study in one shape: simulate, cut into replicates, apply the estimators
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
reproduce        the study simulated at its own size, row by row beside what was printed
"""
