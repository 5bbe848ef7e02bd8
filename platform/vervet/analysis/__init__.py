"""Estimators on plain arrays of counts; no rows, no files."""
