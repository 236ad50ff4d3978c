"""The network: public subnets for the load balancer, private ones for the tasks."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

VPC_CIDR = "10.0.0.0/16"
PUBLIC_CIDRS = ("10.0.1.0/24", "10.0.2.0/24")
PRIVATE_CIDRS = ("10.0.10.0/24", "10.0.11.0/24")
ANYWHERE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """A VPC over two availability zones whose private subnets reach AWS through one NAT gateway."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    private_subnet_ids: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("flashsale:network:Network", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._vpc = self._create_vpc()
        public = self._create_subnets("public", PUBLIC_CIDRS)
        private = self._create_subnets("private", PRIVATE_CIDRS)
        internet_gateway = self._create_internet_gateway()
        nat_gateway = self._create_nat_gateway(public[0], internet_gateway)
        self._route("public", public, gateway_id=internet_gateway.id)
        self._route("private", private, nat_gateway_id=nat_gateway.id)
        self.vpc_id = self._vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
            }
        )

    def _create_vpc(self) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=VPC_CIDR,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("vpc"),
            opts=self._child,
        )

    def _create_subnets(self, kind: str, cidrs: Sequence[str]) -> list[aws.ec2.Subnet]:
        # Local Zones are listed too, and take neither load balancers nor NAT as regional zones do.
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "zone-type", "values": ["availability-zone"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{index + 1}",
                vpc_id=self._vpc.id,
                cidr_block=cidr,
                availability_zone=zones.names[index],
                tags=self._tags(f"{kind}-{index + 1}"),
                opts=self._child,
            )
            for index, cidr in enumerate(cidrs)
        ]

    def _create_internet_gateway(self) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            f"{self._name}-internet-gateway",
            vpc_id=self._vpc.id,
            tags=self._tags("internet-gateway"),
            opts=self._child,
        )

    def _create_nat_gateway(
        self, subnet: aws.ec2.Subnet, internet_gateway: aws.ec2.InternetGateway
    ) -> aws.ec2.NatGateway:
        # One for both zones: a second costs as much as the tasks, and a sale lasts minutes.
        address = aws.ec2.Eip(
            f"{self._name}-nat-address", domain="vpc", tags=self._tags("nat"), opts=self._child
        )
        return aws.ec2.NatGateway(
            f"{self._name}-nat-gateway",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self._tags("nat"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[internet_gateway]),
        )

    def _route(
        self,
        kind: str,
        subnets: Sequence[aws.ec2.Subnet],
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        """Send what leaves the VPC from `subnets` to the gateway."""
        table = aws.ec2.RouteTable(
            f"{self._name}-{kind}-routes",
            vpc_id=self._vpc.id,
            routes=[
                aws.ec2.RouteTableRouteArgs(
                    cidr_block=ANYWHERE, gateway_id=gateway_id, nat_gateway_id=nat_gateway_id
                )
            ],
            tags=self._tags(kind),
            opts=self._child,
        )
        for index, subnet in enumerate(subnets):
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{kind}-{index + 1}-routes",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child,
            )

    def _tags(self, part: str) -> dict[str, str]:
        # The console shows network resources by this tag only.
        return {"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}-{part}"}
