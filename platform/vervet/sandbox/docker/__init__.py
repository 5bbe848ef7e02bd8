"""Containers as a sandbox: one engine, hardened containers, and nobody's left behind.

The entry point is `vervet.sandbox.docker.backend:DockerSandbox`. Nothing is imported here, so
that the janitor stays small.
"""
