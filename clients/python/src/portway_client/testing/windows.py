"""Windows of signed parts, in both forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portway_client.errors import Fault
from portway_client.testing.answers import invalid
from portway_client.testing.records import FakeUpload
from portway_client.testing.world import World


@dataclass(frozen=True, slots=True)
class Windows:
    world: World

    def lengths(self, upload: FakeUpload, numbers: Sequence[int], said: Mapping[str, int]) -> dict[int, int]:
        """Bytes of these parts; what is said of a file of unknown size is room for it from now on. Raises Refused."""
        if upload.size is not None:
            return {number: upload.length(number) for number in numbers}
        count = max(upload.signed_count, *numbers)
        size = max(upload.signed_bytes, (count - 1) * upload.part_size + said.get(str(count), 0))
        if size > (most := self.world.limits.max_size):
            words = f"A file of this category has at most {most} bytes."
            raise invalid([Fault("size", "too_large", words, most, size)])
        upload.signed_count, upload.signed_bytes = count, size
        return {number: said[str(number)] for number in numbers}

    def urls(self, upload: FakeUpload, lengths: Mapping[int, int], given: Mapping[str, str]) -> dict[str, Any]:
        parts = []
        for number, length in sorted(lengths.items()):
            headers, query = self._headers(upload, given.get(str(number))), dict[str, str]()
            if not upload.is_single:
                query = {"uploadId": upload.id, "partNumber": str(number)}
            url = self.world.signer.url("PUT", f"/in/{upload.id}", query, {**headers, "content-length": str(length)})
            parts.append({"number": number, "length": length, "url": url, "headers": headers})
        return {"form": "urls", "method": "PUT", **self.world.signer.life(), "parts": parts}

    def template(self, upload: FakeUpload, lengths: Mapping[int, int], given: Mapping[str, str]) -> dict[str, Any]:
        parts = {
            number: {**self._headers(upload, given.get(str(number))), "content-length": str(length)}
            for number, length in lengths.items()
        }
        template, signatures = self.world.signer.template(f"/in/{upload.id}", upload.id, parts)
        headers = dict.fromkeys(self._headers(upload, "any" if given else None), "{checksum}")
        return {
            "form": "template",
            "method": "PUT",
            **self.world.signer.life(),
            "template": template,
            "numbers": list(signatures),
            "signatures": list(signatures.values()),
            "headers": headers,
        }

    def _headers(self, upload: FakeUpload, checksum: str | None) -> dict[str, str]:
        name = f"x-amz-checksum-{upload.algorithm}"
        if upload.is_single:
            kept = upload.asked
            return {"content-type": kept["content_type"], "if-none-match": "*", name: kept["checksum"]}
        return {name: checksum} if checksum else {}
