"""SCHEDULER_FILE COUNT: that many workers, each with a link of its own, that say of everything they are given that it is
done, and of what it takes from elsewhere that they have a copy."""

import asyncio
import json
import os
import pickle
import sys
import time

from distributed.batched import BatchedSend
from distributed.comm import connect
from distributed.versions import get_versions

METRICS = {
    "task_counts": {},
    "bandwidth": {"total": 100e6, "workers": {}, "types": {}},
    "digests_total_since_heartbeat": {},
    "managed_bytes": 0,
    "spilled_bytes": {"memory": 0, "disk": 0},
    "transfer": {},
    "event_loop_interval": 0.02,
    "cpu": 0,
    "memory": 0,
    "time": 0,
}


def registration(number):
    return {
        "op": "register-worker",
        "reply": False,
        "address": f"tcp://127.0.0.1:{number + 1}",  # nobody listens there, nobody asks
        "status": "running",
        "nthreads": 1,
        "name": f"zero-{number}",
        "now": time.time(),
        "resources": {},
        "memory_limit": None,
        "local_directory": "",
        "services": {},
        "nanny": None,
        "pid": os.getpid(),
        "versions": get_versions(),
        "metrics": METRICS | {"time": time.time()},
        "extra": {},
        "stimulus_id": f"worker-connect-{number}",
        "server_id": f"zero-{number}",
    }


TYPE = pickle.dumps(int)


def done(message, now):
    return {
        "op": "task-finished",
        "status": "OK",
        "key": message["key"],
        "run_id": message["run_id"],
        "nbytes": 28,
        "type": TYPE,
        "typename": "int",
        "metadata": {},
        "thread": 1,
        "startstops": [{"action": "compute", "start": now, "stop": now + 1e-5}],
        "stimulus_id": "zero",
    }


def answers(message, own):
    op = message["op"]
    if op == "compute-task":
        copies = [key for key, holders in message["who_has"].items() if own not in holders]
        if copies:
            yield {"op": "add-keys", "keys": copies, "stimulus_id": "zero"}
        yield done(message, time.time())
    elif op == "steal-request":
        yield {
            "op": "steal-response",
            "key": message["key"],
            "state": "memory",
            "stimulus_id": message["stimulus_id"],
        }


async def serve(address, number):
    hello = registration(number)
    comm = await connect(address)
    await comm.write(hello, serializers=["msgpack"])
    welcome = await comm.read()
    assert welcome["status"] == "OK", welcome
    out = BatchedSend(interval="2ms")  # as workers do
    out.start(comm)
    while True:
        messages = await comm.read()
        for message in messages:
            out.send(*answers(message, hello["address"]))


async def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        address = json.load(f)["address"]
    await asyncio.gather(*(serve(address, number) for number in range(int(sys.argv[2]))))


if __name__ == "__main__":
    asyncio.run(main())
