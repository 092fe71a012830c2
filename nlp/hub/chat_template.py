"""Refuses a chat template that loops or builds gigabytes, before it runs in this process.

A template is a program of the model's repository. It is sandboxed wherever it runs; what no sandbox bounds is time and
memory, so that it is tried once, when the model loads, in a process that the system ends.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from nlp.hub.checkpoint import refused
from nlp.scheduler.family import Binding

SCRIPT = Path(__file__).with_name("template_trial.py")
PATIENCE = 60.0  # seconds by the clock; its process may compute for five
MARKS = ("bos_token", "eos_token", "pad_token", "unk_token")
REMEDY = "Set the option `template`, or bind another model."


def check_templates(tokenizer: Any, option: str, binding: Binding) -> None:
    """Try the templates that may be used: the option's, or the tokenizer's own. Raises ModelRefused."""
    own = tokenizer.chat_template
    templates = [option] if option else list(own.values()) if isinstance(own, dict) else [own]
    variables = {mark: str(getattr(tokenizer, mark, None) or "") for mark in MARKS}
    for template in templates:
        check_template(str(template), {**variables, "enable_thinking": False}, binding)


def check_template(template: str, variables: dict[str, Any], binding: Binding) -> None:
    """Try one template in a process of its own. Raises ModelRefused."""
    from nlp.hub.template_trial import UNREADABLE  # noqa: PLC0415 - the script's own words

    task = json.dumps({"template": template, "variables": variables})
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter with a script of this package
            [sys.executable, "-I", str(SCRIPT)], input=task.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise refused(binding, "has a chat template that doesn't end", REMEDY) from error
    if done.returncode == UNREADABLE:
        raise refused(binding, "has a chat template that can't be read", REMEDY)
    if done.returncode:
        raise refused(binding, "has a chat template that doesn't end or makes far too much text", REMEDY)
