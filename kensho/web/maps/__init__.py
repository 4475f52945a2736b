"""The map on pages: what is drawn, its SVG and pictures, and what the page says of it."""
