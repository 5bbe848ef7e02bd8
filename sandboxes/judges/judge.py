"""Runs inside a jail of its own: a suite's special judge, on the files of one test.

Standard input holds the sizes of three files in decimal on the first line, then their bytes.
They are laid as input.txt, output.txt (the candidate's) and expected.txt, and the judge,
special_judge.py, is run with these names as its arguments and an empty standard input.

Exit status: 0 accepted, 1 or 2 rejected; 3 where the judge raised an exception, so that its own
failure (which Python would end with 1) is never taken for a verdict.
"""

import io
import os
import runpy
import sys
import traceback

NAMES = ("input.txt", "output.txt", "expected.txt")
JUDGE = "special_judge.py"
FAILED = 3


def main():
    stdin = sys.stdin.buffer
    sizes = [int(word) for word in stdin.readline().split()]
    for name, size in zip(NAMES, sizes, strict=True):
        with open(name, "wb") as file:
            file.write(stdin.read(size))
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    sys.argv = [JUDGE, *NAMES]
    try:
        runpy.run_path(JUDGE, run_name="__main__")
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(FAILED)


main()
