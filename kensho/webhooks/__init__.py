"""Webhooks: changes told to addresses that asked for them, signed, until they are taken."""
