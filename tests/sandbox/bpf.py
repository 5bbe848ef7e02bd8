"""Runs a seccomp filter outside the kernel: the part of classic BPF that a filter may hold.

Written from the kernel's documentation of `struct sock_filter` and `struct seccomp_data`,
apart from the code that builds filters.
"""

from __future__ import annotations

import struct
from pathlib import Path

__all__ = ["KILL_PROCESS", "NUMBERS", "RET_ALLOW", "RET_ERRNO", "run_filter"]

RET_ALLOW = 0x7FFF0000
RET_ERRNO = 0x00050000
KILL_PROCESS = 0x80000000


def _numbers() -> dict[str, dict[str, int]]:
    """What `syscall_numbers.tsv` says, by machine and name; its head says where it is from."""
    tables: dict[str, dict[str, int]] = {"x86_64": {}, "aarch64": {}}
    for line in Path(__file__).with_name("syscall_numbers.tsv").read_text().splitlines():
        if not line.startswith("#"):
            name, *numbers = line.split("\t")
            for table, number in zip(tables.values(), numbers, strict=True):
                if number != "-":
                    table[name] = int(number)
    return tables


NUMBERS = _numbers()


def run_filter(program: bytes, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the filter returns for a call. Raises on what the kernel would not have loaded."""
    args = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, arch, 0x7F0000001000, *args)
    code = list(struct.iter_unpack("=HBBI", program))
    assert 0 < len(code) <= 4096
    at, accumulator = 0, 0
    while True:
        operation, yes, no, k = code[at]
        at += 1
        if operation == 0x20:  # ld [k]
            assert k % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif operation == 0x54:  # and #k
            accumulator &= k
        elif operation == 0x05:  # ja k
            at += k
        elif operation == 0x15:  # jeq #k
            at += yes if accumulator == k else no
        elif operation == 0x35:  # jge #k
            at += yes if accumulator >= k else no
        elif operation == 0x06:  # ret #k
            return k
        else:
            raise AssertionError(f"operation {operation:#x} is none that filters here use")
