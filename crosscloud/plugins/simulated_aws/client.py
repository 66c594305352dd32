"""Calls of AWS's API, answered by moto; failures in the words of the genuine provider."""

import os
import threading
from functools import cache
from typing import Any

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated_aws.service import ENDPOINT

#: How the provider calls the services in its errors, by boto3's names for them.
_SERVICES = {"ec2": "EC2", "elbv2": "Elastic Load Balancing v2", "iam": "IAM", "autoscaling": "Auto Scaling"}
_lock = threading.Lock()
_region = "us-east-1"


class ApiError(PluginError):
    """AWS refused something; ``code`` is its word for why (``InvalidSubnet.Conflict``)."""

    def __init__(self, service: str, operation: str, code: str, message: str) -> None:
        super().__init__(f"operation error {_SERVICES[service]}: {operation}, api error {code}: {message}")
        self.code = code


def use_region(region: str) -> None:
    """Have all calls go to this region from now on."""
    global _region  # noqa: PLW0603 - a plugin process has one provider, and that one region
    _region = region


def region() -> str:
    """Return the region that calls go to."""
    return _region


def ask(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
    """Call an operation by its API name (``CreateVpc``); raise `ApiError` when it is refused."""
    from botocore import xform_name
    from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
    from botocore.parsers import ResponseParserError

    given = {key: value for key, value in arguments.items() if value is not None}
    try:
        answer: dict[str, Any] = getattr(_client(service, _region), xform_name(operation))(**given)
    except ClientError as error:
        told = error.response["Error"]
        raise ApiError(service, operation, told["Code"], told["Message"]) from None
    except ParamValidationError as error:
        raise ApiError(service, operation, "ValidationError", str(error)) from None
    except ResponseParserError:
        raise PluginError(f"moto failed at {operation}: moto/moto.log in the rehearsal's folder says why") from None
    except EndpointConnectionError:
        raise PluginError(
            f"the simulated AWS at ${ENDPOINT} does not answer; it ended, or this host was started anew. "
            "All that was in it is gone: take the rehearsal down and begin again"
        ) from None
    return answer


def refuse(service: str, operation: str, code: str, message: str) -> ApiError:
    """Return the error of a rule that moto does not keep."""
    return ApiError(service, operation, code, message)


def filters(**values: str | list[str]) -> list[dict[str, Any]]:
    """Return EC2's form of filters: ``vpc_id`` is ``vpc-id``, ``attachment__vpc_id`` ``attachment.vpc-id``."""
    return [
        {"Name": name.replace("__", ".").replace("_", "-"), "Values": value if isinstance(value, list) else [value]}
        for name, value in values.items()
    ]


def tag_list(tags: dict[str, str] | None) -> list[dict[str, str]]:
    """Return tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tag_specification(kind: str, tags: dict[str, str] | None) -> list[dict[str, Any]] | None:
    """Return the tags that EC2 gives to a new thing of a kind (``vpc``)."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else None


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Return tags as a map, without those that AWS sets itself."""
    return {tag["Key"]: tag["Value"] for tag in tags or [] if not tag["Key"].startswith("aws:")}


@cache
def _client_of(service: str, in_region: str, endpoint: str) -> Any:
    import boto3
    from botocore.config import Config

    # Whatever credentials this account has, none of them belong here, and no call leaves this host.
    return boto3.client(
        service,
        region_name=in_region,
        endpoint_url=endpoint,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106 - moto takes any
        config=Config(retries={"max_attempts": 2}, max_pool_connections=64, read_timeout=120, proxies={}),
    )


def _client(service: str, in_region: str) -> Any:
    endpoint = os.environ.get(ENDPOINT)
    if not endpoint:
        raise PluginError(f"${ENDPOINT} is not set: the simulated AWS works only within `crosscloud rehearse`")
    with _lock:  # boto3's session is not made for threads; its clients are
        return _client_of(service, in_region, endpoint)
