"""The command line: the verbs, and what becomes of an error."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from segkit.cli.check import check_command
from segkit.cli.commands import STYLE, Verbs
from segkit.cli.copy import copy_command
from segkit.cli.data import app as data_app
from segkit.cli.entry_points import tolerate_malformed
from segkit.cli.evaluate import evaluate_command
from segkit.cli.init import init_command
from segkit.cli.list import list_command
from segkit.cli.new import app as new_app
from segkit.cli.plugins_check import app as plugins_app
from segkit.cli.predict import predict_command
from segkit.cli.reading import reading_bar
from segkit.cli.run import run_command
from segkit.cli.show import show_command
from segkit.errors import SegkitError
from segkit.switches import switch_all_off

app = typer.Typer(
    help="Train, check and use image-segmentation models; at their best on the horizon.",
    cls=Verbs,
    no_args_is_help=True,
    **STYLE,
)


def _switch(no_plugins: bool) -> None:
    if no_plugins:
        switch_all_off()


@app.callback()
def global_options(
    no_plugins: Annotated[  # by its own callback, since the verb may be looked up among the plugins' before ours runs
        bool, typer.Option("--no-plugins", callback=_switch, is_eager=True, help="Leave out third parties' plugins.")
    ] = False,
) -> None:
    """Take what stands before the verb."""


app.command("run")(run_command)
app.command("check")(check_command)
app.command("list")(list_command)
app.command("show")(show_command)
app.add_typer(plugins_app, name="plugins")
app.command("evaluate")(evaluate_command)
app.command("predict")(predict_command)
app.command("init")(init_command)
app.command("copy")(copy_command)
app.add_typer(data_app, name="data")
app.add_typer(new_app, name="new")


class Talk(logging.Handler):
    """Says what is logged on standard error as it is at that moment: a progress bar may have put itself before it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{self.format(record)}\n")


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 the user's mistake, 130 and 143 interrupted."""
    # libgomp's threads spin for each other, long: beside one other busy process a U-Net's step took 1.3 to 4 s, and
    # 1.1 s with this many rounds; alone, 0.45 s either way. It counts from the moment that torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "30000")
    tolerate_malformed()
    logger = logging.getLogger("segkit")
    logger.addHandler(Talk())
    logger.setLevel(logging.INFO)
    try:
        with reading_bar():
            app(prog_name="segkit")
    except SegkitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
