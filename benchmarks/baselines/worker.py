"""One worker process: does jobs in one way on request, so that rounds can be interleaved.

`python worker.py WAY CHECKS EXTRA` says "ready" or "absent WORDS"; then each line with a number
of jobs is answered with a line of the seconds they took. Ends when its standard input does.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from baselines.ways import WAYS, AbsentError, tidy

__all__ = ["main"]


def main() -> None:
    """Serve until standard input ends."""
    way, checks, extra = sys.argv[1:4]
    # Ways may put their own on 0 and 1, and children must not write among the answers.
    asked = os.fdopen(os.dup(0), "r")
    told = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    try:
        do = WAYS[way](int(checks), extra)
    except AbsentError as absent:
        print("absent", " ".join(str(absent).split()), file=told, flush=True)
        return
    print("ready", file=told, flush=True)
    for line in asked:
        begin = time.perf_counter()
        for _ in range(int(line)):
            do()
        print(time.perf_counter() - begin, file=told, flush=True)
    tidy()


if __name__ == "__main__":
    main()
