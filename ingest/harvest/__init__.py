"""Walk public interfaces for what no dump has, and write it as files that ingest reads."""
