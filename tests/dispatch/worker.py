"""What `vervet worker` runs, with settings from the environment: `python -m` this module."""

from __future__ import annotations

import sys

from vervet.dispatch.settings import read_settings
from vervet.dispatch.worker import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(read_settings()) or None)
