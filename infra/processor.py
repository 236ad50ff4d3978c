"""The processor: orders from the queue, fulfilled."""

from dataclasses import dataclass

import pulumi

from infra import permissions
from infra.environment import processor_environment
from infra.fargate_service import FargateService, FargateServiceArgs
from infra.foundation import Foundation
from infra.iam import Statement
from infra.messaging import SubscriberQueue
from infra.service_image import ServiceImage, ServiceImageArgs


@dataclass(frozen=True, kw_only=True)
class ProcessorArgs:
    """The foundation to run on and the queue to work off."""

    foundation: Foundation
    orders: SubscriberQueue


class Processor(pulumi.ComponentResource):
    """The worker service; nothing reaches it from outside."""

    def __init__(
        self, name: str, args: ProcessorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:service:Processor", name, None, opts)
        self._name = name
        self._args = args
        self._settings = args.foundation.settings
        self._child = pulumi.ResourceOptions(parent=self)
        worker = self._create_service(self._create_image())
        self.register_outputs({"service": worker.service.name})

    def _create_image(self) -> ServiceImage:
        return ServiceImage(
            self._name,
            ServiceImageArgs(
                service="processor",
                architecture=self._settings.architecture,
                python_version=self._settings.python_version,
            ),
            opts=self._child,
        )

    def _create_service(self, image: ServiceImage) -> FargateService:
        foundation = self._args.foundation
        orders = self._args.orders
        return FargateService(
            self._name,
            FargateServiceArgs(
                settings=self._settings,
                network=foundation.network,
                cluster_arn=foundation.cluster.arn,
                image=image,
                command=["python", "-m", "processor"],
                port=self._settings.processor_port,
                tasks=self._settings.processor_tasks,
                environment=processor_environment(
                    self._settings,
                    foundation.tables,
                    queue_url=orders.queue.url,
                    dead_letter_queue_url=orders.dead_letter_queue.url,
                ),
                statements=self._statements(),
                start_after=[foundation.tables],
            ),
            opts=self._child,
        )

    def _statements(self) -> list[Statement]:
        orders = self._args.orders
        return [
            *permissions.consuming(orders.queue.arn, orders.dead_letter_queue.arn),
            *permissions.fulfilment_in_batches(self._args.foundation.tables),
        ]
