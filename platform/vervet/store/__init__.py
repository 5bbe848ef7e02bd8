"""The database: schema, writes, reads and leases; attempts are append-only."""
