"""The player of films and episodes, which the pages of other edges show."""
