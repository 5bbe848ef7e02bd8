"""Owns the judge: it runs the tests of a suite, with a stub in place of the function under test.

The tests are trusted; what the solver sends is not. Whether a run passes is decided here and
told on standard output, which no candidate can reach.
"""

from __future__ import annotations

import builtins
import marshal
import os
import sys

from court.account import Account
from court.remote import Remote

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from types import CodeType
    from typing import Any, NoReturn

__all__ = ["CANDIDATE", "MET", "MISSED", "code_of", "main", "told_on_input"]

CANDIDATE, MET, MISSED = "_judge_candidate", "_judge_met", "_judge_missed"
"""The function under test, and what the host has put after every assert."""


def main() -> NoReturn:
    """Read what to judge from standard input, run it, and tell what became of every assert."""
    told = told_on_input()
    result = os.dup(1)
    sys.stdout = sys.stderr
    account = Account(go_on=told["go_on"])
    remote = Remote(account, mirror=told["mirror"], handles=told["handles"])
    names: dict[str, Any] = {"__name__": "judge", "__builtins__": builtins}
    try:
        for code in told["contexts"]:
            exec(code_of(code), names)
        remote.begin()
        name = told["entry_point"]
        names[name] = names[CANDIDATE] = remote.stub(name)
        names[MET], names[MISSED] = account.met, account.missed
        exec(code_of(told["test"]), names)
        account.ended = True
    except BaseException as error:
        account.end(error)
    account.tell(result, told["word"])
    sys.stderr.flush()
    os._exit(0)


def told_on_input() -> dict[str, Any]:
    """What the host tells on standard input, to its end."""
    with open(0, "rb", closefd=False) as file:
        told: dict[str, Any] = marshal.loads(file.read())
    return told


def code_of(text: dict[str, Any]) -> CodeType | str:
    """A text to run: compiled where the host's interpreter is this one's like, else as source."""
    tag = f"{sys.implementation.cache_tag} {sys.hexversion}"
    code: CodeType | str = marshal.loads(text["code"]) if text["tag"] == tag else text["source"]
    return code
