"""Generators: what turns a prompt into completions."""
