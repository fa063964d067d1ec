"""The one exception of the strict endpoint."""


class Refused(Exception):
    """A request that S3 answers with an error: HTTP `status`, AWS `code`, `message`, and further XML `details`.

    `headers` go with the answer; whoever knows some sets them.
    """

    def __init__(self, status: int, code: str, message: str, **details: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.details = status, code, message, details
        self.headers: dict[str, str] = {}
