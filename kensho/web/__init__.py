"""Pages for viewers: templates, style sheets, small ES modules, and one controller for each page.

A page is a template filled with what a use case of `kensho.discovery` returns; it works without
JavaScript, loads nothing from another host but posters, and says in words where its facts come
from. All of its text is in `strings.toml`.
"""
