"""Extraction, comparison, settlement, and verifiers over a real jail."""
