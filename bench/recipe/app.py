"""The peer of the cold start and of warm routes: an upload function as teams write it, by the books of its libraries.

Powertools' resolver with validation, Pydantic models, boto3 clients for S3 and DynamoDB made at import. It does a part
of what ours does: no quota, no rates, no policy, no inspection, no events.
"""

import os
import time
import uuid
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

logger = Logger()
app = APIGatewayHttpResolver(enable_validation=True)
s3 = boto3.client("s3")
dynamodb = boto3.client("dynamodb")
TABLE, BUCKET = os.environ["PORTWAY_TABLE"], os.environ["PORTWAY_INCOMING_BUCKET"]
PARTS = 3


class NewUpload(BaseModel):
    name: str = Field(max_length=255)
    size: int = Field(ge=0)
    content_type: str


class Created(BaseModel):
    id: str
    urls: list[str]


class Part(BaseModel):
    number: int
    size: int
    etag: str


class Upload(BaseModel):
    id: str
    parts: list[Part]


@app.post("/v1/uploads")
def create(body: NewUpload) -> Created:
    upload_id = uuid.uuid4().hex
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=upload_id, ContentType=body.content_type)
    multipart = begun["UploadId"]
    item: Any = {"pk": {"S": upload_id}, "multipart_id": {"S": multipart}, "created_at": {"N": str(int(time.time()))}}
    dynamodb.put_item(TableName=TABLE, Item=item)
    asked = {"Bucket": BUCKET, "Key": upload_id, "UploadId": multipart}
    urls = [s3.generate_presigned_url("upload_part", {**asked, "PartNumber": n}) for n in range(1, PARTS + 1)]
    logger.info("upload created", upload_id=upload_id)
    return Created(id=upload_id, urls=urls)


@app.get("/v1/bare/<upload_id>")
def bare(upload_id: str) -> Upload:
    return Upload(id=upload_id, parts=[Part(number=1, size=1, etag="e")])


@app.get("/v1/uploads/<upload_id>")
def status(upload_id: str) -> Upload:
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": upload_id}}).get("Item")
    if item is None:
        raise NotFoundError
    found = s3.list_parts(Bucket=BUCKET, Key=upload_id, UploadId=item["multipart_id"]["S"]).get("Parts", [])
    parts = [Part(number=part["PartNumber"], size=part["Size"], etag=part["ETag"]) for part in found]
    return Upload(id=upload_id, parts=parts)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
