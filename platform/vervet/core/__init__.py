"""Values that know nothing of databases, sandboxes or terminals."""
