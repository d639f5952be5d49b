"""The command `allpath`, to which each file of commands adds its own."""

import typer

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


class InterruptedRunError(Exception):
    """Ctrl-C or SIGTERM where a command can go on later; the message says how."""


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "allpath simulates patients with relapsed or refractory B-cell ALL and compares treatment strategies on the "
        "same patients with the same luck.\n\n"
        "Start with:  allpath compare sct_vs_no_sct\n\n"
        "Exit codes: 0 done, 2 bad input or a folder that cannot be used, 130 interrupted, 1 anything else."
    ),
)
