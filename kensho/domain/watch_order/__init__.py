"""In which order to watch a franchise, and why each work stands where it does."""
