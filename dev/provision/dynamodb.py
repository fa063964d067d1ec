"""The table, with TTL, stream and point-in-time recovery."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError

from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Arguments, Site

AS_IT_IS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def table(site: Site, properties: Properties) -> None:
    """Create the table. What the API calls as CloudFormation does goes over as it is: botocore refuses what is new."""
    properties.take("TableName")
    name = site.name(properties.where).ref
    arguments: Arguments = {key: value for key in AS_IT_IS if (value := properties.take(key)) is not None}
    stream = properties.take("StreamSpecification")
    if stream is not None:
        arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
    # no hardware here to encrypt, to protect or to bill
    properties.pass_over("SSESpecification", "DeletionProtectionEnabled", "Tags", "TableClass")
    site.clients.dynamodb.create_table(TableName=name, **arguments)
    _life(site, name, properties)


def _life(site: Site, name: str, properties: Properties) -> None:
    life = properties.take("TimeToLiveSpecification")
    if life is not None:  # moto keeps the setting and never deletes anything by it
        site.clients.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=life)
    recovery = properties.take("PointInTimeRecoverySpecification")
    if recovery is not None:
        site.clients.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)


def need_moto(site: Site) -> None:
    """NotLocal if moto does not answer (the client tries for 20 s): nothing can be created without it."""
    try:
        site.clients.dynamodb.list_tables()
    except BotoCoreError as error:
        raise NotLocal(f"moto does not answer: {error}") from error
