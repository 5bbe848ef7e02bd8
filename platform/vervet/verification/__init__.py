"""Verifiers, extraction and settlement: from a solution to attempts and a verdict."""
