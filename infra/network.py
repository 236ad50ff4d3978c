"""The network: public subnets for the load balancer, private ones for the tasks.

Order matters here as nowhere else: AWS lets things be made long before they work. Each resource
waits for what it works with, and so `pulumi destroy` takes them away in the reverse order.
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

VPC_CIDR = "10.0.0.0/16"
PUBLIC_CIDRS = ("10.0.1.0/24", "10.0.2.0/24")
PRIVATE_CIDRS = ("10.0.10.0/24", "10.0.11.0/24")
ANYWHERE = "0.0.0.0/0"
# Free of charge, unlike the NAT gateway; image layers come from S3, see
# https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
GATEWAY_ENDPOINTS = ("dynamodb", "s3")


class Network(pulumi.ComponentResource):
    """A VPC over two availability zones whose private subnets reach AWS and nothing reaches.

    DynamoDB and S3 are reached through gateway endpoints, the rest through one NAT gateway. What
    runs in the private subnets depends on the component as a whole, what stands in the public ones
    on `public_routes` alone: it need not wait for the NAT gateway.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    public_routes: Sequence[pulumi.Resource]

    def __init__(self, name: str, region: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("flashsale:network:Network", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._vpc = self._create_vpc()
        self._close_default_security_group()
        public = self._create_subnets("public", PUBLIC_CIDRS)
        private = self._create_subnets("private", PRIVATE_CIDRS)
        internet_gateway = self._create_internet_gateway()
        public_table = self._create_routes("public", gateway_id=internet_gateway.id)
        self.public_routes = self._associate("public", public_table, public)
        address = self._create_nat_address(internet_gateway)
        nat_gateway = self._create_nat_gateway(public[0], address)
        private_table = self._create_routes("private", nat_gateway_id=nat_gateway.id)
        self._associate("private", private_table, private)
        self._create_gateway_endpoints(region, private_table)
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

    def _close_default_security_group(self) -> None:
        """Let nothing through the group that AWS gives whatever names no group of its own."""
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default-firewall",
            vpc_id=self._vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags("default-closed"),
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

    def _create_nat_address(self, internet_gateway: aws.ec2.InternetGateway) -> aws.ec2.Eip:
        return aws.ec2.Eip(
            f"{self._name}-nat-address",
            domain="vpc",
            tags=self._tags("nat"),
            # A VPC does not let its internet gateway go while an address is mapped in it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[internet_gateway]),
        )

    def _create_nat_gateway(
        self, subnet: aws.ec2.Subnet, address: aws.ec2.Eip
    ) -> aws.ec2.NatGateway:
        # One for both zones: a second costs as much as the tasks, and a sale lasts minutes.
        return aws.ec2.NatGateway(
            f"{self._name}-nat-gateway",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self._tags("nat"),
            # It carries nothing before its own subnet has the way out.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self.public_routes]),
        )

    def _create_routes(
        self,
        kind: str,
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> aws.ec2.RouteTable:
        """Create a table that sends what leaves the VPC to the gateway."""
        return aws.ec2.RouteTable(
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

    def _associate(
        self, kind: str, table: aws.ec2.RouteTable, subnets: Sequence[aws.ec2.Subnet]
    ) -> list[aws.ec2.RouteTableAssociation]:
        return [
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{kind}-{index + 1}-routes",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child,
            )
            for index, subnet in enumerate(subnets)
        ]

    def _create_gateway_endpoints(self, region: str, table: aws.ec2.RouteTable) -> None:
        for service in GATEWAY_ENDPOINTS:
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}-endpoint",
                vpc_id=self._vpc.id,
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{region}.{service}",
                route_table_ids=[table.id],
                tags=self._tags(service),
                opts=self._child,
            )

    def _tags(self, part: str) -> dict[str, str]:
        # The console shows network resources by this tag only.
        return {"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}-{part}"}
