"""Endpoints are botocore's in every partition, and the environment's where it names them."""

from __future__ import annotations

from functools import cache

import botocore.session
import pytest
from botocore.config import Config

from adapters.aws.fast.endpoints import EndpointError, endpoint

REGIONS = (
    "us-west-2",
    "us-east-1",
    "eu-central-1",
    "ap-southeast-4",
    "us-gov-west-1",
    "cn-north-1",
    "il-central-1",
)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@pytest.mark.parametrize("service", ["dynamodb", "sns", "sqs"])
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("variant", [set(), {"fips"}, {"dualstack"}, {"fips", "dualstack"}])
def test_regional_endpoints_are_those_of_botocore(
    service: str, region: str, variant: set[str]
) -> None:
    variables = {
        "AWS_USE_FIPS_ENDPOINT": str("fips" in variant),
        "AWS_USE_DUALSTACK_ENDPOINT": str("dualstack" in variant),
    }
    config = Config(
        use_fips_endpoint="fips" in variant, use_dualstack_endpoint="dualstack" in variant
    )
    client = _session().create_client(
        service,
        region_name=region,
        config=config,
        aws_access_key_id="A",
        aws_secret_access_key="s",
    )
    theirs = client.meta.endpoint_url
    client.close()
    ours = endpoint(service, region, variables)
    assert f"https://{ours.authority}" == theirs


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://127.0.0.1:4566", "127.0.0.1:4566", "/"),
        ("http://127.0.0.1:80/", "127.0.0.1", "/"),
        ("https://localhost/under/here", "localhost", "/under/here"),
        ("http://[::1]:4566", "[::1]:4566", "/"),
    ],
)
def test_the_environment_may_name_an_endpoint(url: str, authority: str, path: str) -> None:
    found = endpoint("sqs", "us-west-2", {"AWS_ENDPOINT_URL": url})
    assert (found.authority, found.path) == (authority, path)


def test_a_service_of_its_own_name_comes_first() -> None:
    variables = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:2",
    }
    assert endpoint("sqs", "us-west-2", variables).port == 2
    assert endpoint("sns", "us-west-2", variables).port == 1


def test_configured_endpoints_may_be_ignored() -> None:
    variables = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    assert endpoint("sns", "us-west-2", variables).host == "sns.us-west-2.amazonaws.com"


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:4566", "ftp://host", "http://", "http://host:port", "http://h?x=1", "http://[::1"],
)
def test_what_is_no_url_is_refused_with_its_variable(url: str) -> None:
    with pytest.raises(EndpointError, match="AWS_ENDPOINT_URL = "):
        endpoint("sns", "us-west-2", {"AWS_ENDPOINT_URL": url})


@pytest.mark.parametrize("region", ["", "us west", "evil.example/", "us-west-2\r\n"])
def test_what_is_no_region_is_refused(region: str) -> None:
    with pytest.raises(EndpointError, match="AWS_REGION"):
        endpoint("sns", region, {})


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_refused_by_name(name: str) -> None:
    with pytest.raises(EndpointError, match=f"{name} = http://proxy:3128: .*NO_PROXY"):
        endpoint("sns", "us-west-2", {name: "http://proxy:3128"})


@pytest.mark.parametrize(
    "listed", ["*", ".amazonaws.com", "amazonaws.com", "x, sns.us-west-2.amazonaws.com"]
)
def test_a_proxy_that_does_not_concern_aws_is_none(listed: str) -> None:
    variables = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": listed}
    assert endpoint("sns", "us-west-2", variables).host == "sns.us-west-2.amazonaws.com"


@pytest.mark.parametrize("region", ["us-iso-east-1", "eu-isoe-west-1", "eusc-de-east-1"])
def test_a_partition_with_names_of_its_own_is_refused_with_the_way_out(region: str) -> None:
    with pytest.raises(EndpointError, match="AWS_ENDPOINT_URL_"):
        endpoint("sns", region, {})
    found = endpoint("sns", region, {"AWS_ENDPOINT_URL_SNS": "https://sns.example"})
    assert found.host == "sns.example"


def test_a_proxy_for_the_other_scheme_is_none() -> None:
    variables = {"HTTPS_PROXY": "http://proxy:1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert endpoint("sns", "us-west-2", variables).port == 4566
