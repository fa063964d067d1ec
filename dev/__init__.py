"""The local stack: what stands in for AWS on a laptop. Nothing of the product imports it."""
