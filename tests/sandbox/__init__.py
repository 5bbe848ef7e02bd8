"""The jail, tried with real programs in real isolation."""
