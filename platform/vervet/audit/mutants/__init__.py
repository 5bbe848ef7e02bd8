"""Known-wrong solutions made of known-correct ones: one change each, parsed and never run here."""

from __future__ import annotations

from vervet.audit.mutants.edits import Operator
from vervet.audit.mutants.empty import empty_programs
from vervet.audit.mutants.making import Mutant, mutants_of

__all__ = ["Mutant", "Operator", "empty_programs", "mutants_of"]
