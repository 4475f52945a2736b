"""What stands around discovery: accounts, the provider, streams; each switched on by a setting."""
