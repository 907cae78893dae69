"""`regulars` on the command line. Subcommands are loaded when they are asked for.

To add one: write `regulars_web/commands/<name>.py` with a click command, and give it a line in
`COMMANDS`. Importing this module imports neither Flask nor statsmodels nor polars.
"""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

import click

from regulars_platform.words import N_
from regulars_web.commands.helping import SpokenGroup
from regulars_web.spoken import gettext, sentence, speak, usual_language


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a subcommand lives, and its one line in `regulars --help`."""

    target: str  # "module:attribute"
    help: str


COMMANDS: dict[str, LazyCommand] = {
    "demo": LazyCommand(
        "regulars_web.commands.demo:demo",
        N_("load the sample shop, run its campaign to a report, and serve it"),
    ),
    "serve": LazyCommand(
        "regulars_web.commands.serve:serve",
        N_("serve Regulars on your own data: pages and background work in one"),
    ),
    "init": LazyCommand(
        "regulars_web.commands.init:init",
        N_("open a shop and its owner's account without a browser"),
    ),
    "password": LazyCommand(
        "regulars_web.commands.password:password",
        N_("set a new password for somebody who has lost theirs"),
    ),
    "import": LazyCommand(
        "regulars_web.commands.import_orders:import_orders",
        N_("an order file into the shop, with every line accounted for"),
    ),
    "import-data": LazyCommand(
        "regulars_web.commands.import_data:import_data",
        N_("customers, products, events, points and the like into the shop"),
    ),
    "segment": LazyCommand(
        "regulars_web.commands.segment:segment", N_("groups of customers by rule")
    ),
    "campaign": LazyCommand(
        "regulars_web.commands.campaign:campaign",
        N_("plan, launch, lists and report of a campaign"),
    ),
    "programmes": LazyCommand(
        "regulars_web.commands.programmes:programmes",
        N_("run a day of the programmes that always run"),
    ),
    "evaluate": LazyCommand(
        "regulars_web.commands.evaluate:evaluate",
        N_("effects of any randomised file, without a shop or any set-up"),
    ),
    "uplift": LazyCommand(
        "regulars_web.commands.uplift:uplift",
        N_("whom to keep telling, and what that is worth, from any randomised file"),
    ),
    "token": LazyCommand(
        "regulars_web.commands.token:token", N_("make, list and revoke tokens for /api/v1")
    ),
    "openapi": LazyCommand(
        "regulars_web.commands.openapi:openapi", N_("print the OpenAPI document of /api/v1")
    ),
    "plan": LazyCommand(
        "regulars_web.commands.plan:plan",
        N_("what a campaign could prove, and how many to hold out, before there is one"),
    ),
}


class LazyGroup(SpokenGroup):
    """A group that knows the names of its subcommands and imports them on use."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Speaks as the environment asks; `--language` may say otherwise."""
        speak(usual_language(os.environ))
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of `COMMANDS`, without importing any."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand itself, imported now."""
        del ctx
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        module, _, attribute = known.target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{known.target} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, from the table alone, so that help stays instant."""
        del ctx
        if not COMMANDS:
            return
        with formatter.section(gettext("Commands")):
            formatter.write_dl([(name, gettext(known.help)) for name, known in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="regulars COMMAND --help says more about one command.",
)
@click.version_option(version("regulars"), prog_name="regulars")
def group() -> None:
    """Which past customers are worth another offer, and what the offer earned, in money."""


def main() -> None:
    """Entry point. Anything a user can mend is one sentence on stderr and exit code 2."""
    from regulars_platform.errors import RegularsError

    try:
        group()
    except RegularsError as error:
        click.echo(f"regulars: {sentence(error.problem)}", err=True)
        if error.hint is not None:
            click.echo(gettext("Hint: %(hint)s", hint=sentence(error.hint)), err=True)
        sys.exit(2)
