"""Estimators on plain arrays of counts. Never sees a row of the database, never reads a file."""
