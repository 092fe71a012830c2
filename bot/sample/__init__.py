"""The sample workspace: six weeks of a small invented team, as a Slack export that the demo and the tests import.

Knows where the archive is; how it is made stands in `build`, what happens in it stands in this folder's README.md.
"""

from importlib.resources import files
from pathlib import Path


def path() -> Path:
    """Return the Slack export, a zip file inside the installed package."""
    return Path(str(files(__name__).joinpath("workspace.zip")))
