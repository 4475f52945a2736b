"""Acts of curators on an open store: naming works, acting, undoing, and telling what changes."""
