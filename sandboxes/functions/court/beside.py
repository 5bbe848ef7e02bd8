"""Owns the mode `beside`: tests in the candidate's own process, where they can be forged.

Only for problems whose tests need what cannot cross to a judge; passes are marked for it.
"""

from __future__ import annotations

import builtins
import os
import sys

from court.account import Account
from court.bounds import FATAL
from court.judge import CANDIDATE, MET, MISSED, code_of, told_on_input
from court.solver import SOLUTION

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
    name = told["entry_point"]
    module = type(sys)("solution")
    sys.modules["solution"] = module
    names = module.__dict__
    names["__builtins__"] = builtins
    with open(SOLUTION, "rb") as file:
        source = file.read()
    try:
        code = compile(source, SOLUTION, "exec", dont_inherit=True)
    except BaseException as error:
        account.stick("syntax_error", f"{type(error).__name__}: {error}")
        raise StoppedError from None
    try:
        exec(code, names)
        if name not in names:
            raise NameError(f"name {name!r} is not defined")
        function = names[name]
    except BaseException as error:
        account.stick(f"definition {type(error).__name__}", f"{type(error).__name__}: {error}")
        raise StoppedError from None
    for text in told["contexts"]:
        exec(code_of(text), names)
    names[name] = names[CANDIDATE] = _watched(function, account)
    names[MET], names[MISSED] = account.met, account.missed
    exec(code_of(told["test"]), names)


def _watched(function: Callable[..., Any], account: Account) -> Callable[..., Any]:
    """The function, with what it may not raise stuck to the account."""

    def candidate(*arguments: Any, **keywords: Any) -> Any:
        if account.stuck:
            raise StoppedError
        try:
            account.last = function(*arguments, **keywords)
        except tuple(FATAL.values()) as error:
            account.stick(f"fatal {type(error).__name__}", str(error))
            raise StoppedError from None
        except Exception as error:
            account.raised, account.raised_words = error, str(error)
            raise
        return account.last

    return candidate
