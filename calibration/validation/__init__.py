"""The validation report: `allpath validate`. How each judgement is made: docs/validation.md.

predictive   studies of the published sizes at draws of the parameters; intervals, p of a row, p of rows together
judged       which rows count, in which block, and why not
internal     how much of a row its own parameter takes up: saturated rows stand apart
joint        residuals of whole studies against those of simulated studies, each refitted
cross        one block left out: the fit without it, where its emulator holds, draws
report       all of it for one problem                    rows, validity, text, figures, page   how it is told
"""
