"""The REST API in front of the functions: its routes, its answers, its stage and its key."""

from infra.order_api.api import OrderApi, OrderApiArgs

__all__ = ["OrderApi", "OrderApiArgs"]
