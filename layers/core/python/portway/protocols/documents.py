"""What every JSON document of the native API is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Pydantic compiles it when it is first read or written. A request needs two of forty; compiling all takes 20 ms of
    a cold start."""

    model_config = ConfigDict(defer_build=True)


class Request(Document):
    """Unknown fields are an error, not ignored."""

    model_config = ConfigDict(extra="forbid")
