"""Workers in the cloud: `with compute_broker.worker(cores=64) as w: w.eval("expr 6*7")`."""
from . import aio
from .address import find_broker
from .errors import (BadRequest, BrokerError, EvalError, Limit, NoCapacity, NotAllowed, Stopped,
                     TimedOut, Unavailable, WorkerLost)
from .leased import Worker, Workers, worker, workers

__all__ = ["BadRequest", "BrokerError", "EvalError", "Limit", "NoCapacity", "NotAllowed", "Stopped",
           "TimedOut", "Unavailable", "Worker", "WorkerLost", "Workers", "aio", "find_broker",
           "worker", "workers"]
__version__ = "0.1.0"
