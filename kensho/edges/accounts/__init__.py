"""Accounts and sessions: registering, signing in and out, roles, what an account has watched."""
