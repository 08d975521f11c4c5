"""What goes wrong, by who can mend it: one class an exit code of the command `zvezda`.

Every message says what must hold, what was found and where, and what to do. Messages are Russian: methodologists
read them. The exit codes are part of the command's contract (docs/exit_codes.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ZvezdaError(Exception):
    """Any failure that we foresaw; `exit_code` is what the command returns."""

    exit_code = 1


class UsageError(ZvezdaError):
    """The command or one of its parameters is wrong; no kernel was started."""

    exit_code = 2


class InputError(ZvezdaError, ValueError):
    """The input data break a stated rule; nothing was calculated."""

    exit_code = 3


class EditionError(ZvezdaError, ValueError):
    """The methodology file breaks a stated rule; nothing was calculated."""

    exit_code = 4


class DisclosureError(ZvezdaError):
    """Publication blocked: a number or a text would tell what few people answered."""

    exit_code = 5


class NotebookError(ZvezdaError):
    """A cell of a notebook failed."""

    exit_code = 6


class KernelDied(ZvezdaError):
    """The kernel died, most often for want of memory."""

    exit_code = 7


class TimeLimit(ZvezdaError):
    """A job ran past its time limit."""

    exit_code = 8


class EnvironmentFault(ZvezdaError):
    """The machine, not the data: no space, no rights, a folder locked by another run, an input changed meanwhile."""

    exit_code = 9


class NotPublishable(ZvezdaError):
    """Calculated, but not fit for publication: no convergence, degenerate data."""

    exit_code = 10


@dataclass(frozen=True)
class Problem:
    """One broken rule: where it is, what was found, what must hold, what to do."""

    code: str
    where: str   # «файл | строка 14 | столбец «Исполнено»», as the user can find it
    found: str   # «значение 9»
    rule: str    # «0 ≤ X ≤ N (N = 5)»
    remedy: str  # «исправьте X или N»

    def __str__(self) -> str:
        return f"ОШИБКА {self.code} | {self.where} | {self.found}\n  правило: {self.rule} | {self.remedy}"


def listing(problems: Sequence[Problem], limit: int = 100) -> str:
    """All problems, one after another; past `limit` only a count by code, so that the screen stays readable."""
    shown = [str(problem) for problem in problems[:limit]]
    rest: dict[str, int] = {}
    for problem in problems[limit:]:
        rest[problem.code] = rest.get(problem.code, 0) + 1
    return "\n".join(shown + [f"… и ещё {code}: {count}" for code, count in rest.items()])
