"""Owns the mode `beside`: tests in the candidate's own process, where they can be forged.

Only for problems whose tests need what cannot cross to a judge; passes are marked for it.
"""

from __future__ import annotations

import os
import sys

from court.account import Account
from court.bounds import FATAL
from court.judge import CANDIDATE, MET, MISSED, code_of, told_on_input
from court.solver import MODULE, SOLUTION

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from collections.abc import Callable
    from typing import Any, NoReturn

__all__ = ["main"]


class StoppedError(BaseException):
    """Raised to end the tests after a failure that is stuck."""


def main() -> NoReturn:
    """Run the candidate's code and the tests after it, and tell what became of every assert."""
    told = told_on_input()
    result, close, leave = os.dup(1), sys.stderr.flush, os._exit
    sys.stdout = sys.stderr
    account = Account(go_on=told["go_on"])
    try:
        _run(told, account)
        account.ended = True
    except BaseException as error:
        account.end(error)
    account.tell(result, told["word"])
    close()
    leave(0)


def _run(told: dict[str, Any], account: Account) -> None:
    names = _defined(account)
    name = told["entry_point"]
    if name not in names:
        account.stick("definition NameError", f"NameError: name {name!r} is not defined")
        raise StoppedError
    tests = dict(names)  # what the tests define is not the solution's
    for text in told["contexts"]:
        exec(code_of(text), tests)
    tests[name] = tests[CANDIDATE] = _watched(names[name], account)
    tests[MET], tests[MISSED] = account.met, account.missed
    exec(code_of(told["test"]), tests)


def _defined(account: Account) -> dict[str, Any]:
    """The names of the solution's module, run."""
    module = sys.modules[MODULE] = type(sys)(MODULE)
    module.__file__ = SOLUTION
    with open(SOLUTION, "rb") as file:
        source = file.read()
    code = "syntax_error"
    try:
        compiled = compile(source, SOLUTION, "exec", dont_inherit=True)
        code = "definition"
        exec(compiled, module.__dict__)
    except BaseException as error:
        name = type(error).__name__
        account.stick(code if code == "syntax_error" else f"{code} {name}", f"{name}: {error}")
        raise StoppedError from None
    return module.__dict__


def _watched(function: Callable[..., Any], account: Account) -> Callable[..., Any]:
    """The function, with what it may not raise stuck to the account."""

    def candidate(*arguments: Any, **keywords: Any) -> Any:
        if account.stuck:
            raise StoppedError
        try:
            account.last = function(*arguments, **keywords)
            account.called = True
        except tuple(FATAL.values()) as error:
            account.stick(f"fatal {type(error).__name__}", str(error))
            raise StoppedError from None
        except Exception as error:
            account.raised, account.raised_words = error, str(error)
            raise
        return account.last

    return candidate
