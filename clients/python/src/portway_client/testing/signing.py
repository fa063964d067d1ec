"""Signed URLs: what is in them is what they are good for, as with S3. The signature itself is a simpler one."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from portway_client.testing.answers import RefusedByS3
from portway_client.testing.clock import SimulatedClock

NUMBER, SIGNATURE = "{part_number}", "{signature}"


@dataclass(frozen=True)
class Signer:
    """`origin` is where S3 is; a URL is good for `seconds` of the clock."""

    origin: str
    clock: SimulatedClock
    seconds: float
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    def life(self) -> dict[str, str]:
        """What is said of URLs that are signed now: when they end, and what the clock says."""
        now = self.clock.now()
        return {"expires_at": self.clock.text(now + self.seconds), "server_time": self.clock.text(now)}

    def url(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        """Good for this method, path and query, with exactly these headers (names in lower case)."""
        asked = {**query, **self._terms(headers)}
        signature = self._signature(method, quote(path), asked, headers)
        return f"{self.origin}{quote(path)}?{urlencode(asked)}&X-Amz-Signature={signature}"

    def template(self, path: str, upload_id: str, parts: Mapping[int, Mapping[str, str]]) -> tuple[str, dict[int, str]]:
        """One text for all parts, by number with the headers of each, and the signature of each."""
        terms = self._terms(next(iter(parts.values())))  # one for all: time goes on meanwhile
        signatures = {}
        for number, headers in parts.items():
            query = {"uploadId": upload_id, "partNumber": str(number), **terms}
            signatures[number] = self._signature("PUT", quote(path), query, headers)
        rest = urlencode(terms)
        query_text = f"uploadId={quote(upload_id)}&partNumber={NUMBER}&{rest}&X-Amz-Signature={SIGNATURE}"
        return f"{self.origin}{quote(path)}?{query_text}", signatures

    def check(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The query of a good URL. Raises RefusedByS3."""
        place = urlsplit(url)
        query = dict(parse_qsl(place.query, keep_blank_values=True))
        given = query.pop("X-Amz-Signature", "")
        names = list(filter(None, query.get("X-Amz-SignedHeaders", "").split(";")))
        if not given:
            raise RefusedByS3(403, "AccessDenied", "Access Denied")
        if self.clock.now() > float(query["X-Amz-Date"]) + float(query["X-Amz-Expires"]):
            raise RefusedByS3(403, "AccessDenied", "Request has expired")
        if unsigned := [name for name in headers if name.startswith("x-amz-") and name not in names]:
            words = "There were headers present in the request which were not signed"
            raise RefusedByS3(403, "AccessDenied", f"{words}: {', '.join(unsigned)}")
        sent = {name: headers.get(name, "") for name in names}
        if not hmac.compare_digest(given, self._signature(method, place.path, query, sent)):
            words = "The request signature we calculated does not match the signature you provided."
            raise RefusedByS3(403, "SignatureDoesNotMatch", words)
        return query

    def _terms(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            "X-Amz-Date": f"{self.clock.now()}",
            "X-Amz-Expires": f"{self.seconds}",
            "X-Amz-SignedHeaders": ";".join(sorted(headers)),
        }

    def _signature(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        lines = [method, path, repr(sorted(query.items())), repr(sorted(headers.items()))]
        return hmac.digest(self._secret, "\n".join(lines).encode(), "sha256").hex()
