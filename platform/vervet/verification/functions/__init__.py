"""Owns problems of kind "function": tests in a judge, the candidate's code in a solver.

`verifier` is the way in; `tests` reads and marks the suite's tests, `jobs` makes the jobs,
`account` reads what the judge tells, `preparation` finds by the reference what a problem needs.
What runs inside lies in `sandboxes/functions`.
"""

from __future__ import annotations

from vervet.verification.functions.verifier import FunctionVerifier, make

__all__ = ["FunctionVerifier", "make"]
