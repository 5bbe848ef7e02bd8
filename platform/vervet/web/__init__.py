"""Read-only pages over the SQL views."""
