"""Streams: addresses that play, the slots that they hold, and the page that plays them."""
