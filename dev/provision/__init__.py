"""template.yaml made real on a laptop: the transformed template is read, and each resource created by direct API calls.

A resource type that stands in no table here, or a property that nobody looks at, is an error: the template cannot grow
past the local stack unnoticed.
"""
