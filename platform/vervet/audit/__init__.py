"""Calibration of verifiers: flaky tests, false negatives, agreement."""
