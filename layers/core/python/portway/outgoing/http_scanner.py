"""A Scanner that is a service of the operator's: it gets a URL of the file, and says what it found."""

from __future__ import annotations

import json
from dataclasses import dataclass

from portway.model import Upload
from portway.outgoing.https import Address, Asker, NoAnswer
from portway.reader import Reader
from portway.scans import Says, Scan

LONGEST_NAME = 200
VERDICTS = {says.value: says for says in (Says.CLEAN, Says.INFECTED, Says.NOT_SCANNED)}


@dataclass(frozen=True, slots=True)
class HttpScanner:
    """`seconds` is what one file may take."""

    asker: Asker
    address: Address
    seconds: int

    def scan(self, upload: Upload, reader: Reader) -> Scan:
        """What the service says of the stored version, which it reads itself."""
        assert upload.stored is not None
        question = {
            "id": upload.id,
            "tenant": upload.tenant,
            "category": upload.category,
            "name": upload.name,
            "size": reader.size,
            "content_type": upload.content_type,
        }
        try:
            version_id = upload.stored.version_id
            return answer(self.asker.ask(self.address, question, upload.key, version_id, self.seconds))
        except NoAnswer as error:
            return Scan(Says.ERROR, f"scanner: {error}")


def answer(text: bytes) -> Scan:
    """What the answer means. Only exactly `{"verdict": "clean"}` is CLEAN; what is not understood is an ERROR."""
    try:
        said = json.loads(text)
        name, says = said.get("name", ""), VERDICTS[said["verdict"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Scan(Says.ERROR, f"scanner: an answer in another form: {text[:100]!r}")
    is_formed = said.keys() <= {"verdict", "name"} and isinstance(name, str)
    if not is_formed or (says is Says.CLEAN and "name" in said):
        return Scan(Says.ERROR, f"scanner: an answer in another form: {text[:100]!r}")
    words = name[:LONGEST_NAME].encode("utf-8", "replace").decode()  # JSON can spell half of a surrogate pair
    return Scan(says, words)
