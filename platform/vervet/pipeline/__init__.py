"""The use cases: sample, verify, analyse."""
