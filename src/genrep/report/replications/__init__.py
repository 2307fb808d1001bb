"""What only one replication has: its tables and its figures."""
