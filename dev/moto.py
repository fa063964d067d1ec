"""DynamoDB, SQS and EventBridge of the local stack: moto's server as a process, with DynamoDB calls one at a time.

moto's DynamoDB is right, but not under threads: atomic ADDs get lost and two transactions win the same condition.
Only these calls are serialised; a long poll of SQS behind the same lock would stop everybody else.

moto is made for tests that end: it keeps every object it ever made, and copies the whole table, stream included, for
each action of a transaction. A stack that runs for days can afford neither (`slim`).
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

CHANGES = "/portway/changes"
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def serial(app: Application) -> Application:
    """`app` with its DynamoDB calls under one lock, answered as a whole before the next one starts.

    At CHANGES it says how many of them were there to write something.
    """
    lock, changes = threading.Lock(), 0

    def call(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal changes
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if environ["PATH_INFO"] == CHANGES:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(changes).encode()]
        if not service.startswith("DynamoDB_"):
            return app(environ, start_response)
        with lock:
            changes += operation in WRITES
            return [b"".join(app(environ, start_response))]

    return call


def slim() -> None:
    """Forget objects that nobody uses, and keep for a rollback only what the transaction can change."""
    from moto.core.common_models import BaseModel

    def new(kind: type, *_arguments: object, **_named: object) -> Any:
        return object.__new__(kind)

    moto_base: Any = BaseModel
    moto_base.__new__ = new
    keep_little()
    answer_quickly()


def keep_little() -> None:
    """A transaction's rollback needs the items under the hash keys that it names. moto copies the table once for each
    of its actions, so that a call took the longer the more was uploaded, and everybody else waited for it."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType
    from moto.dynamodb.models.table import Table

    backend: Any = DynamoDBBackend
    table_class: Any = Table
    transact, named = backend.transact_write_items, dict[str, list[Any]]()

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        for action in (action for item in transact_items for action in item.values()):
            table, key = self.tables.get(action.get("TableName")), action.get("Item") or action.get("Key", {})
            if table and table.hash_key_attr in key:
                named.setdefault(table.name, []).append(DynamoType(key[table.hash_key_attr]))
        try:
            transact(self, transact_items)
        finally:
            named.clear()

    def snapshot(table: Any, _memo: dict[int, Any]) -> Any:
        twin = object.__new__(type(table))
        twin.__dict__.update(table.__dict__)
        twin.items = copy.copy(table.items)
        for key in named.get(table.name, table.items):
            if key in table.items:
                twin.items[key] = _twins(table.items[key])
        return twin

    backend.transact_write_items, table_class.__deepcopy__ = transact_write_items, snapshot


def answer_quickly() -> None:
    """An attribute value is a plain dict: moto would look for each of its ten members under six other names, too,
    which is half of the work of an answer. And a query begins with all items in order, which costs less as text."""
    from moto.core.serialize import ResponseSerializer
    from moto.dynamodb.models.table import Table

    picked = ResponseSerializer.get_value

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
        of = getattr(shape, "parent", None)
        if type(value) is dict and of is not None and of.name == "AttributeValue":
            return value.get(key)
        return picked(self, value, key, shape)

    def all_items(table: Any) -> list[Any]:
        held = [item for row in table.items.values() for item in (row.values() if isinstance(row, dict) else [row])]
        return sorted(held, key=lambda item: (str(item.hash_key.value), str(item.range_key and item.range_key.value)))

    serializer: Any = ResponseSerializer
    serializer.get_value = get_value
    table_class: Any = Table
    table_class.all_items = all_items


def _twins(held: Any) -> Any:
    """What is under a hash key: items by their sort keys, or the one item of a table that has none."""
    return {sort: _twin(item) for sort, item in held.items()} if isinstance(held, dict) else _twin(held)


def _twin(item: Any) -> Any:
    """An item whose attributes can be set without touching the other's; their values are replaced, never changed."""
    twin = object.__new__(type(item))
    twin.__dict__.update(item.__dict__)
    twin.attrs = type(item.attrs)()
    dict.update(twin.attrs, item.attrs)  # past its own setter, which measures the whole item for each attribute
    return twin


def listening(host: str, port: int) -> socket.socket:
    """A socket that accepts connections from now on; port 0 takes any free one. OSError when the port is taken."""
    listener = socket.create_server((host, port), backlog=256)
    listener.set_inheritable(True)
    return listener


def serve(listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Answer on `listener` until the process ends. `on_ready` gets the URL once the first request can be answered."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: the log is for what goes wrong."""

    slim()
    host, port = listener.getsockname()[:2]
    app = serial(DomainDispatcherApplication(create_backend_app))
    server = make_server(host, port, app, threaded=True, request_handler=Quiet, fd=listener.fileno())
    on_ready(f"http://{host}:{port}")
    server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.moto", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--fd", type=int, help="an inherited socket that already listens, instead of a port")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    listener = socket.socket(fileno=arguments.fd) if arguments.fd else listening(arguments.host, arguments.port)
    serve(listener, lambda url: print(json.dumps({"url": url}), flush=True))


if __name__ == "__main__":
    main()
