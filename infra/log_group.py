"""Log groups with a known name: people look for them by it."""

import pulumi
import pulumi_aws as aws


def create_log_group(
    name: str, retention_days: int, *, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.LogGroup:
    """Create the log group `/<project>/<stack>/<name>`."""
    return aws.cloudwatch.LogGroup(
        f"{name}-logs",
        name=f"/{pulumi.get_project()}/{pulumi.get_stack()}/{name}",
        retention_in_days=retention_days,
        opts=opts,
    )
