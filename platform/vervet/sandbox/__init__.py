"""Isolation: the only room that starts untrusted processes."""
