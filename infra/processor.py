"""The processor: orders from the queue, fulfilled."""

from dataclasses import dataclass

import pulumi

from infra import permissions
from infra.environment import processor_environment
from infra.fargate_service import FargateService, FargateServiceArgs
from infra.foundation import ServiceFoundation
from infra.messaging import OrderQueue


@dataclass(frozen=True, kw_only=True)
class ProcessorArgs:
    """The foundation to run on and the queue to consume."""

    foundation: ServiceFoundation
    orders: OrderQueue


class Processor(pulumi.ComponentResource):
    """The worker service; nothing reaches it from outside."""

    def __init__(
        self, name: str, args: ProcessorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:service:Processor", name, None, opts)
        foundation, orders = args.foundation, args.orders
        settings, tables = foundation.settings, foundation.tables
        worker = FargateService(
            name,
            FargateServiceArgs(
                settings=settings,
                network=foundation.network,
                cluster_arn=foundation.cluster.arn,
                package="processor",
                port=settings.processor_port,
                tasks=settings.processor_tasks,
                environment=processor_environment(
                    settings,
                    tables,
                    queue_url=orders.queue.url,
                    dead_letter_queue_url=orders.dead_letter_queue.url,
                ),
                statements=[
                    *permissions.consuming(orders.queue.arn, orders.dead_letter_queue.arn),
                    *permissions.fulfilment_in_batches(tables),
                ],
                start_after=[tables],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"service": worker.service.name})
