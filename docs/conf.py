"""How Sphinx builds the documentation."""

from forwardresolve import __version__

project = "forwardresolve"
author = "the forwardresolve authors"
copyright = "the forwardresolve authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "py:obj"
# Types of Python and of other libraries have no page here.
nitpick_ignore = [
    ("py:class", "forwardresolve.rows.Rows"),  # made by the graph, for itself
    ("py:class", "forwardresolve.live.delta.T"),  # whatever a difference is of
]
nitpick_ignore_regex = [(r"py:.*", r"(?!forwardresolve\.).*")]

html_theme = "furo"
html_title = "forwardresolve"
