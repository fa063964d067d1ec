"""`make smoke`: does what was deployed do what it is for? A handful of uploads through the front door, and what must be
refused, with the Python client and nothing else. docs/deploying.md describes it.
"""
