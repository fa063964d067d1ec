"""The `x-amz-*` headers and form fields that the endpoint knows. Any other is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Mapping

from dev.s3.refused import Refused

KNOWN = {
    *("date", "content-sha256", "security-token", "user-agent", "te", "trailer", "decoded-content-length"),
    *("algorithm", "credential", "signature"),  # fields of a form
    *("sdk-checksum-algorithm", "checksum-algorithm", "checksum-type", "checksum-mode", "mp-object-size"),
    *("copy-source", "copy-source-range", "copy-source-if-match", "copy-source-if-none-match"),
    *("copy-source-if-modified-since", "copy-source-if-unmodified-since"),
    *("metadata-directive", "tagging-directive", "tagging", "object-ownership"),
    *("object-attributes", "max-parts", "part-number-marker"),
}
ONE_VALUE: Mapping[str, set[str]] = {  # built for these values only
    "x-amz-server-side-encryption": {"AES256"},
    "x-amz-storage-class": {"STANDARD"},
    "x-amz-acl": {"private", "bucket-owner-full-control"},
    "x-amz-object-ownership": {"BucketOwnerEnforced"},
    "acl": {"private", "bucket-owner-full-control"},
}
FIELDS_NOT_BUILT = {"tagging", "redirect"}


def check_built(named: Mapping[str, str]) -> None:
    """Refused NotImplemented for a header (or form field), name in lower case, that nobody would look at."""
    for name, value in named.items():
        if name in ONE_VALUE:
            is_built = value in ONE_VALUE[name]
        elif name.startswith("x-amz-"):
            is_built = name[6:] in KNOWN or name.startswith(("x-amz-meta-", "x-amz-checksum-"))
        else:
            is_built = name not in FIELDS_NOT_BUILT
        if not is_built:
            message = f"A header you provided implies functionality that is not implemented: {name}"
            raise Refused(501, "NotImplemented", message, Header=name)


def check_text(named: Mapping[str, str]) -> None:
    """Refused InvalidArgument for a value that could not be sent back as a header: control characters end one."""
    for name, value in named.items():
        if any(character < " " and character != "\t" for character in value):
            message = f"The value of {name} holds control characters"
            raise Refused(400, "InvalidArgument", message, ArgumentName=name)
