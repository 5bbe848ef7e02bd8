"""Programs that want out of the sandbox, as data, and what must become of each."""
