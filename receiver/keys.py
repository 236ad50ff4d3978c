"""What the application holds, each under a typed key."""

from __future__ import annotations

from aiohttp import web

from orders.ports import CatalogueSource, OrderReader
from receiver.admission import Admission
from receiver.async_orders import AsyncOrders
from receiver.backend import OrderLister
from receiver.background import BackgroundWork
from receiver.query import ParameterNames
from receiver.readiness import Readiness
from receiver.settings import Settings
from receiver.sync_orders import SyncOrders

SETTINGS = web.AppKey("settings", Settings)
READINESS = web.AppKey("readiness", Readiness)
CATALOGUE: web.AppKey[CatalogueSource] = web.AppKey("catalogue", CatalogueSource)
READER: web.AppKey[OrderReader] = web.AppKey("reader", OrderReader)
LISTER: web.AppKey[OrderLister] = web.AppKey("lister", OrderLister)
SYNC_ORDERS = web.AppKey("sync_orders", SyncOrders)
ASYNC_ORDERS = web.AppKey("async_orders", AsyncOrders)
PARAMETERS: web.AppKey[ParameterNames] = web.AppKey("parameters", dict)
ADMISSIONS: web.AppKey[list[Admission]] = web.AppKey("admissions", list)
BACKGROUND = web.AppKey("background", BackgroundWork)
