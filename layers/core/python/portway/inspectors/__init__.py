"""What looks at every file, in this order. An inspector is a function from a View to findings; see portway.pipeline."""

from portway.inspectors import checks, compliance, declared_type, leading_bytes, malware, size, structure
from portway.pipeline import Inspector

INSPECTORS: dict[str, Inspector] = {
    "size": size.inspect,
    "malware": malware.inspect,
    "declared_type": declared_type.inspect,
    "leading_bytes": leading_bytes.inspect,
    "structure": structure.inspect,
    "compliance": compliance.inspect,
    "checks": checks.inspect,
}
"""By the names that verdicts show."""
