"""Figures, tables and the static report."""
