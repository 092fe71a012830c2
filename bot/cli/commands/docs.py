"""`parley docs`: the pages of the documentation, which come with Parley. Reads no configuration."""

import sys
import sysconfig
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import UsageError
from bot.terminal import out

CHECKOUT = Path(__file__).resolve().parents[3]
INSTALLED = Path(sysconfig.get_path("data")) / "share" / "doc" / "parley-bot"
EXAMPLE = "config.example.toml"


def docs(page: Annotated[str, typer.Argument(help="A page, such as slack; config for every setting.")] = "") -> None:
    """Print a page of the documentation, or the names of all."""
    pages = {"config": CHECKOUT / EXAMPLE, **{file.stem: file for file in sorted((CHECKOUT / "docs").glob("*.md"))}}
    if not (CHECKOUT / EXAMPLE).is_file():
        pages = {"config": INSTALLED / EXAMPLE, **{file.stem: file for file in sorted(INSTALLED.glob("*.md"))}}
    if not page:
        for name, file in pages.items():
            out.print(f"{name:14} {file}", markup=False, soft_wrap=True)
    elif page not in pages:
        raise UsageError(f"There is no page {page!r}.", f"There is: {', '.join(pages)}.")
    else:
        sys.stdout.write(pages[page].read_text(encoding="utf-8"))
