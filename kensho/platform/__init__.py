"""What knows the machine and not the domain: settings, logs, metrics."""
