"""Suites: load, validate and render problems, one module per format."""
