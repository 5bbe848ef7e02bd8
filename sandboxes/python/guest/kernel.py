"""Owns the one request to the kernel that Python has no name for. Never imports `ctypes`.

Importing `ctypes` costs 3 ms; the C module below it a tenth of that.
"""

from __future__ import annotations

import _ctypes

__all__ = ["hide"]

PR_SET_DUMPABLE = 4
RTLD_NOW = 2


class _Int(_ctypes._SimpleCData):
    _type_ = "i"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL
    _restype_ = _Int


def hide() -> None:
    """Close this process's memory and descriptors to others of the same uid.

    Its children inherit that. Raises `OSError` if the kernel refuses.
    """
    address = _ctypes.dlsym(_ctypes.dlopen(None, RTLD_NOW), "prctl")
    zero = _Int(0)
    if _Function(address)(_Int(PR_SET_DUMPABLE), zero, zero, zero, zero) != 0:
        raise OSError("prctl refuses to hide the runner")
