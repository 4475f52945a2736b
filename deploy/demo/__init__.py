"""What `make demo` starts beside Kenshō; tests start the same upstreams. Never part of `kensho`."""
