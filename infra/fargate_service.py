"""A Fargate service: one container, roles of its own, stopped gently, rolled back when it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.container import container_definition, log_stream
from infra.environment import Environment
from infra.foundation import named_after
from infra.iam import ServiceRole, ServiceRoleArgs, Statement
from infra.load_balancer import LoadBalancer
from infra.network import ANYWHERE, Network
from infra.service_image import ServiceImage, ServiceImageArgs
from infra.settings import Architecture, Settings

TASK_CPU_UNITS = 256
TASK_MEMORY_MB = 512
HTTPS_PORT = 443
TASKS_PRINCIPAL = "ecs-tasks.amazonaws.com"
CPU_ARCHITECTURES = {Architecture.ARM64: "ARM64", Architecture.X86_64: "X86_64"}


@dataclass(frozen=True, kw_only=True)
class FargateServiceArgs:
    """What runs, where, with which rights; behind a load balancer or without one.

    Attributes:
        package: the service's Python package: its image is built and `python -m` run of it.
        start_after: what must be there before the first task runs, and is named in no setting.
    """

    settings: Settings
    network: Network
    cluster_arn: pulumi.Input[str]
    package: str
    port: int
    tasks: int
    environment: Environment
    statements: Sequence[Statement]
    load_balancer: LoadBalancer | None = None
    start_after: Sequence[pulumi.Resource] = ()


class FargateService(pulumi.ComponentResource):
    """Tasks of one container in the private subnets, reached only through the load balancer."""

    service: aws.ecs.Service

    def __init__(
        self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:FargateService", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=args.settings.log_retention_days, opts=self._child
        )
        self._image = self._create_image()
        self._task_role = self._create_task_role()
        self._execution_role = self._create_execution_role()
        self._security_group = self._create_security_group()
        self._rules = [self._open_to_aws(), *self._open_to_load_balancer()]
        self.service = self._create_service(self._create_task_definition())
        self.register_outputs({"service": self.service.name})

    def _create_image(self) -> ServiceImage:
        settings = self._args.settings
        return ServiceImage(
            self._name,
            ServiceImageArgs(
                service=self._args.package,
                architecture=settings.architecture,
                python_version=settings.python_version,
            ),
            opts=self._child,
        )

    def _create_task_role(self) -> ServiceRole:
        return ServiceRole(
            f"{self._name}-task",
            ServiceRoleArgs(service=TASKS_PRINCIPAL, statements=self._args.statements),
            opts=self._child,
        )

    def _create_execution_role(self) -> ServiceRole:
        statements = [
            *permissions.pulling_images(self._image.repository_arn),
            permissions.writing_logs(self._log_group),
        ]
        return ServiceRole(
            f"{self._name}-execution",
            ServiceRoleArgs(service=TASKS_PRINCIPAL, statements=statements),
            opts=self._child,
        )

    def _create_security_group(self) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-firewall",
            description=f"Tasks of the {self._name}",
            vpc_id=self._args.network.vpc_id,
            opts=self._child,
        )

    def _open_to_aws(self) -> pulumi.Resource:
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-aws",
            security_group_id=self._security_group.id,
            description="AWS APIs, through gateway endpoints and the NAT gateway",
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            opts=self._child,
        )

    def _open_to_load_balancer(self) -> list[pulumi.Resource]:
        """Let the load balancer, and nobody else, reach the tasks, and it nothing but them."""
        load_balancer = self._args.load_balancer
        if load_balancer is None:
            return []
        port = self._args.port
        way_in = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-alb",
            security_group_id=self._security_group.id,
            description="HTTP from the load balancer",
            referenced_security_group_id=load_balancer.security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        way_there = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-alb-to-tasks",
            security_group_id=load_balancer.security_group_id,
            description=f"HTTP to the tasks of the {self._name}",
            referenced_security_group_id=self._security_group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        return [way_in, way_there]

    def _create_task_definition(self) -> aws.ecs.TaskDefinition:
        return aws.ecs.TaskDefinition(
            f"{self._name}-task-definition",
            # The provider makes no name here: ECS takes a family as it is told.
            family=named_after(f"{self._name}-task-definition", self._log_group.name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(TASK_CPU_UNITS),
            memory=str(TASK_MEMORY_MB),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                operating_system_family="LINUX",
                cpu_architecture=CPU_ARCHITECTURES[self._args.settings.architecture],
            ),
            task_role_arn=self._task_role.arn,
            execution_role_arn=self._execution_role.arn,
            container_definitions=pulumi.Output.json_dumps([self._container()]),
            opts=self._child,
        )

    def _container(self) -> dict[str, Any]:
        settings = self._args.settings
        return container_definition(
            self._name,
            image=self._image.reference,
            command=["python", "-m", self._args.package],
            port=self._args.port,
            environment=self._args.environment,
            stop_timeout_seconds=settings.stop_timeout_seconds,
            logging=log_stream(self._log_group.name, settings.region, self._name),
        )

    def _create_service(self, task_definition: aws.ecs.TaskDefinition) -> aws.ecs.Service:
        return aws.ecs.Service(
            f"{self._name}-service",
            cluster=self._args.cluster_arn,
            task_definition=task_definition.arn,
            desired_count=self._args.tasks,
            launch_type="FARGATE",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=list(self._args.network.private_subnet_ids),
                security_groups=[self._security_group.id],
                assign_public_ip=False,
            ),
            load_balancers=self._targets(),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            # `pulumi up` ends when orders can be placed, or fails when the circuit breaker trips.
            wait_for_steady_state=True,
            propagate_tags="SERVICE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._needed()),
        )

    def _targets(self) -> list[aws.ecs.ServiceLoadBalancerArgs]:
        if self._args.load_balancer is None:
            return []
        return [
            aws.ecs.ServiceLoadBalancerArgs(
                target_group_arn=self._args.load_balancer.target_group_arn,
                container_name=self._name,
                container_port=self._args.port,
            )
        ]

    def _needed(self) -> list[pulumi.Resource]:
        """What must be there before the first task runs: its ways out and in, and its rights.

        Without them no image is pulled and no health check passes, and the circuit breaker has
        nothing to roll a first deployment back to. A component stands for all that is in it.
        """
        load_balancer = self._args.load_balancer
        return [
            self._args.network,
            *self._rules,
            *([] if load_balancer is None else [load_balancer]),
            self._task_role,
            self._execution_role,
            *self._args.start_after,
        ]
