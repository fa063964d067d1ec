"""What looks at every file, in this order. An inspector is a function from a View to findings; see portway.pipeline."""

from portway.inspectors import declared_type, leading_bytes, size

INSPECTORS = (size.inspect, declared_type.inspect, leading_bytes.inspect)
