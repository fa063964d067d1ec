"""The one place where AWS classes meet use cases.

`ground` is what every function stands on. Above it is one module for each kind of function, since a cold start pays for
all that it imports: `requests` for the API, `work` for queues and the schedule, `making` for what is made of published
files. Nothing is imported here, and none of the three imports another.
"""
