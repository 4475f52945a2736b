"""Grafana: its dashboards, and what it is provisioned with."""
