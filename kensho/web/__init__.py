"""Pages for viewers: templates, one style sheet, small ES modules, and a controller per resource.

A page is a template filled with what a use case of `kensho.discovery` answers; it works without
JavaScript, loads nothing from another host but posters, and says in words where its facts come
from. Its words stand in `strings.toml`.
"""
