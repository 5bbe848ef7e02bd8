"""What runs inside the isolation for Python programs: standard library only."""
