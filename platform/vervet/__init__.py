"""Vervet: sandboxed, verification-first repeated sampling."""

__version__ = "0.1.0"

__all__ = ["__version__"]
