"""`parley models …`: which models serve which task, under which licence and at what size."""

import typer
from rich.table import Table

from bot import config, terminal
from bot.options import AsJson, Conf
from nlp import profiles

app = typer.Typer(help="The models that serve each task.", no_args_is_help=True)


@app.command(name="list")
def list_(*, conf: Conf = None, as_json: AsJson = False) -> None:
    """List the shipped profiles and their models; a star marks the one in use."""
    used = config.read(conf).models.profile
    if as_json:
        rows = [
            {
                "profile": name,
                "used": name == used,
                "task": each.task,
                "model": each.name,
                "family": each.family,
                "licence": each.licence,
                "size_mb": each.size_mb,
                "good_for": each.good_for,
            }
            for name in profiles.PROFILES
            for each in profiles.profile(name)
        ]
        terminal.print_json({"models": rows})
        return
    for name in profiles.PROFILES:
        found = profiles.read(name)
        table = Table("task", "model", "licence", "MB", title=f"{'★ ' if name == used else ''}{name}: {found.summary}")
        for each in found.bindings:
            table.add_row(each.task, f"{each.name}\n[dim]{each.good_for}[/dim]", each.licence, str(each.size_mb))
        terminal.out.print(table)
