"""Owns `vervet sql --shell`: statements typed or piped, one after another, that only read.

A mistake, a database that is gone or ^C ends a statement and never the shell.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType

from rich.text import Text

from vervet.cli.output import err, out, table, visible
from vervet.cli.sql_output import as_table
from vervet.core.errors import UsageError, VervetError
from vervet.store.database import Database
from vervet.store.sql import run_sql
from vervet.store.sql_names import describe, names

__all__ = ["Shell", "split_statements"]

PROMPT, MORE = "vervet> ", "   ...> "
KEPT_LINES = 2000
HELP = """\
A statement begins with SELECT, WITH or VALUES and ends with a semicolon; it may go over lines.
.tables        what can be read, and the views made for people
.views         the views alone
.schema NAME   the columns of a table or view, and what it holds
.help          this
.quit          the end, as ^D; ^C forgets the line, or stops the statement that runs"""

_PIECES = re.compile(
    r"""[^'"`;/-]+ | '[^']*(?P<text>'|\Z) | "[^"]*(?P<name>"|\Z) | `[^`]*(?P<tick>`|\Z)
    | --[^\n]* | /\*.*?(?P<comment>\*/|\Z) | (?P<end>;) | .""",
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(r"(?>[\s;]+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+\Z", re.DOTALL)


def split_statements(text: str) -> tuple[list[str], str]:
    """The statements that a semicolon ends, and the rest; none ends in quotes or comments."""
    found, start = [], 0
    for piece in _PIECES.finditer(text):
        if piece["end"]:
            found.append(text[start : piece.end()])
            start = piece.end()
    rest = text[start:]
    return [each for each in found if not _is_nothing(each)], "" if _is_nothing(rest) else rest


def _is_nothing(text: str) -> bool:
    return _NOTHING.match(text) is not None


def _first_sentence(words: str) -> str:
    short = re.sub(r" \([^)]*\)", "", words)
    return re.split(r"(?<=\w)[.:;](?= )", short, maxsplit=1)[0].rstrip(".")


class Shell:
    """One sitting at a database; `history` is kept there if it is a file that can be written."""

    def __init__(self, database: Database, limit: int, history: Path | None = None) -> None:
        self._database = database
        self._limit = limit
        self._history = history
        self._by_hand = sys.stdin.isatty()
        self._failed = False
        self._over = False
        self._commands: dict[str, Callable[[str], None]] = {
            ".tables": self._tables,
            ".views": self._views,
            ".schema": self._schema,
            ".help": self._help,
            ".quit": self._quit,
            ".exit": self._quit,
        }

    def run(self) -> bool:
        """Answer until the end of input or `.quit`; whether no statement failed."""
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # told of when the statement is read
        if not self._by_hand:
            self._answer_all(sys.stdin)
            return not self._failed
        out().print(f"{visible(self._database.where)}: .help helps, .quit ends", markup=False)
        with self._editing():
            self._converse()
        return True

    def _answer_all(self, lines: Iterable[str]) -> None:
        rest = ""
        for line in lines:
            rest = self._take(rest, line)
            if self._over:
                return
        if rest:
            self._guarded(self._ask, rest)

    def _converse(self) -> None:
        rest = ""
        while not self._over:
            try:
                line = input(MORE if rest else PROMPT)
            except KeyboardInterrupt:
                rest = ""
                print()
            except EOFError:
                print()
                return
            else:
                rest = self._take(rest, line + "\n")

    def _take(self, rest: str, line: str) -> str:
        """Do what is complete in `rest` and `line`; what is not."""
        if not rest and line.lstrip().startswith("."):
            self._guarded(self._command, line)
            return ""
        statements, rest = split_statements(rest + line)
        for statement in statements:
            self._guarded(self._ask, statement)
        return rest

    def _guarded(self, do: Callable[[str], None], text: str) -> None:
        try:
            do(text)
        except VervetError as error:
            self._failed = True
            err().print(visible(str(error)), markup=False, soft_wrap=True)
        except KeyboardInterrupt:
            if not self._by_hand:
                raise
            err().print("stopped")

    def _ask(self, statement: str) -> None:
        result = run_sql(self._database, statement, limit=self._limit)
        out().print(as_table(result.columns, result.rows))
        if result.truncated:
            err().print(f"only the first {self._limit:,} rows are shown; --limit shows more")

    def _command(self, line: str) -> None:
        word, _, rest = line.strip().rstrip(";").partition(" ")
        if word not in self._commands:
            raise UsageError(
                f"unknown command {word}", hint=f"There is {', '.join(self._commands)}."
            )
        self._commands[word](rest.strip())

    def _tables(self, _: str) -> None:
        found = names(self._database)
        rows = [(name, "table") for name in found.tables] + [(name, "view") for name in found.views]
        out().print(table(("name", "kind"), rows, set()))

    def _views(self, _: str) -> None:
        found = names(self._database).views
        rows = [(name, _first_sentence(describe(self._database, name).words)) for name in found]
        out().print(table(("view", "what it holds"), rows, set()))

    def _schema(self, name: str) -> None:
        if not name:
            raise UsageError(".schema needs a name", hint="As in .schema v_coverage_counts.")
        found = describe(self._database, name)
        if found.words:
            out().print(Text(found.words))
        rows = [(each.name, each.type, each.refers_to) for each in found.columns]
        out().print(table(("column", "type", "refers to"), rows, set()))

    def _help(self, _: str) -> None:
        out().print(HELP, markup=False)

    def _quit(self, _: str) -> None:
        self._over = True

    @contextmanager
    def _editing(self) -> Iterator[None]:
        """Lines that can be edited and are remembered, where Python has readline."""
        try:
            import readline
        except ImportError:
            yield
            return
        readline.set_completer(self._completer())
        readline.set_completer_delims(" \t\n,;()=<>'\"")
        word = "bind ^I rl_complete" if "libedit" in str(readline.__doc__) else "tab: complete"
        readline.parse_and_bind(word)
        readline.set_history_length(KEPT_LINES)
        with self._remembering(readline):
            yield

    @contextmanager
    def _remembering(self, readline: ModuleType) -> Iterator[None]:
        if self._history is None:
            yield
            return
        with suppress(OSError):
            readline.read_history_file(self._history)
        try:
            yield
        finally:
            with suppress(OSError):  # a sitting is worth more than its history
                self._history.touch(mode=0o600)
                readline.write_history_file(self._history)

    def _completer(self) -> Callable[[str, int], str | None]:
        found = names(self._database)
        known = sorted({*found.tables, *found.views, *self._commands})

        def complete(text: str, at: int) -> str | None:
            matching = [word for word in known if word.startswith(text)]
            return matching[at] if at < len(matching) else None

        return complete
