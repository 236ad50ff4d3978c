"""The load balancer: HTTP from the internet to the tasks of one service."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.network import ANYWHERE, Network

HTTP_PORT = 80
HEALTH_PATH = "/health"
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
LONGEST_DEREGISTRATION_DELAY_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Where the load balancer stands, and the port of the tasks behind it."""

    network: Network
    target_port: int
    idle_timeout_seconds: int


class LoadBalancer(pulumi.ComponentResource):
    """An internet-facing application load balancer with one HTTP listener and one target group."""

    security_group_id: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:network:LoadBalancer", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group_id = self._create_security_group().id
        balancer = self._create_load_balancer()
        target_group = self._create_target_group()
        self._create_listener(balancer, target_group)
        self.target_group_arn = target_group.arn
        self.url = pulumi.Output.concat("http://", balancer.dns_name)
        self.register_outputs({"url": self.url, "target_group_arn": self.target_group_arn})

    def _create_security_group(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-alb-firewall",
            description="Load balancer: HTTP from the internet",
            vpc_id=self._args.network.vpc_id,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-alb-from-internet",
            security_group_id=group.id,
            description="HTTP from the internet",
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=HTTP_PORT,
            to_port=HTTP_PORT,
            opts=self._child,
        )
        return group

    def _create_load_balancer(self) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            f"{self._name}-alb",
            load_balancer_type="application",
            internal=False,
            security_groups=[self.security_group_id],
            subnets=list(self._args.network.public_subnet_ids),
            idle_timeout=self._args.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            # AWS refuses it in a VPC without internet gateway, and it answers nobody without route.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*self._args.network.public_routes]
            ),
        )

    def _create_target_group(self) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            f"{self._name}-targets",
            vpc_id=self._args.network.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=self._args.target_port,
            # A request may wait for its payment as long as the load balancer lets it.
            deregistration_delay=min(
                self._args.idle_timeout_seconds, LONGEST_DEREGISTRATION_DELAY_SECONDS
            ),
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=HEALTH_PATH,
                protocol="HTTP",
                matcher="200",
                interval=15,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=3,
            ),
            opts=self._child,
        )

    def _create_listener(
        self, balancer: aws.lb.LoadBalancer, target_group: aws.lb.TargetGroup
    ) -> None:
        aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=balancer.arn,
            protocol="HTTP",
            port=HTTP_PORT,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=target_group.arn)
            ],
            opts=self._child,
        )
