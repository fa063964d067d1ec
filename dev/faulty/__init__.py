"""A faulty network on loopback: HTTP passes through it, and breaks in the ways and as often as a plan says."""
