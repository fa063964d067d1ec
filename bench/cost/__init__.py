"""What an upload costs: AWS calls counted on the deployed functions, times a dated price table. docs/cost.md.

The functions of this repository run in this process on the strict S3 endpoint and on moto, which hold what was written,
so that capacity units can be computed from real items. What cannot be counted here (how long AWS takes to answer, how
often an event source mapping asks an empty queue, other designs) is a model, and stands in assumptions.py.
"""
