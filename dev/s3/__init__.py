"""The strict S3 endpoint: what AWS documents, really checked.

`sigv4` and `rules` are pure and use the standard library only, so that the in-memory fake judges by the same rules.
"""
