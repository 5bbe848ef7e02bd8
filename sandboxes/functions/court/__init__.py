"""What runs inside the two isolations of a function's check: standard library only."""
