"""`dagbook approve RUN [STEP]`: answer for a step that waits for a person."""

from __future__ import annotations

import click

from dagbook.api.approve import approve
from dagbook.cli.screen import console, json_option, print_json


@click.command("approve")
@click.argument("run")
@click.argument("step", required=False)
@click.option("--reject", is_flag=True, help="It may not run: the step has failed.")
@click.option("--comment", default="", metavar="TEXT", help="Why; it is kept with your name.")
@json_option
def command(run: str, step: str | None, *, reject: bool, comment: str, as_json: bool) -> None:
    """Let STEP of RUN go on, which waits for a person; all steps of a node, if one is named.

    STEP may be left out where only one node waits. The answer, your name and the time stand in the journal.
    """
    answers = approve(run, step, reject=reject, comment=comment)
    if as_json:
        print_json(answers)
        return
    for answer in answers:
        name = answer["step"]
        if answer["answer"]:
            console.print(f"{name}: {answer['answer']} by {answer['by']}", markup=False)
        else:
            said = "no driver has taken it in yet; `dagbook resume` goes on with a run that has none"
            console.print(f"{name}: your answer is kept, {said}", markup=False, soft_wrap=True)
