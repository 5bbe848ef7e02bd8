"""Patches of a repository, judged by its own tests: SWE-bench."""
