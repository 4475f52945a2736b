"""A roll-out that tries the new version first, shifts traffic to it by steps, and goes back alone.

`python -m deploy.canary --help`; docs/rollback.md tells how it is used.
"""
