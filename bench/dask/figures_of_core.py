"""The scheduler as an object, between a client and workers that need no time and no socket."""

import asyncio
import time

from cluster import close
from dask._expr import LLGExpr
from dask._task_spec import Task, TaskRef
from distributed.comm import CommClosedError
from distributed.protocol import Serialized, serialize
from distributed.protocol.serialize import to_serialize
from distributed.scheduler import ClientState, Scheduler
from distributed.spans import SpanMetadata
from functions import times_ten, total
from zero_workers import done, registration

LEAVES = 10_000


class Sink:
    """Stands where the scheduler has a batched stream, and keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, *messages):
        self.sent += messages

    def take(self):
        taken, self.sent = self.sent, []
        return taken

    def abort(self):
        pass

    async def close(self, **_):
        pass


class Quiet:
    """The comm of a worker that says nothing until it ends."""

    peer_address = "quiet"

    def __init__(self, end):
        self._end = end

    async def write(self, *_, **__):
        pass

    async def read(self):
        await self._end.wait()
        raise CommClosedError

    async def close(self):
        pass

    def abort(self):
        pass

    def closed(self):
        return self._end.is_set()


def graph_of(leaves):
    graph = {f"leaf-{i}": Task(f"leaf-{i}", times_ten, i) for i in range(leaves)}
    graph["merge"] = Task("merge", total, [TaskRef(key) for key in graph])
    return Serialized(*serialize(to_serialize(LLGExpr(graph)))), set(graph)


async def start(workers, end):
    scheduler = await Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address=":0")
    registered = []
    for number in range(workers):
        hello = {k: v for k, v in registration(number).items() if k not in ("op", "reply")}
        registered.append(asyncio.ensure_future(scheduler.add_worker(Quiet(end), **hello)))
    while len(scheduler.stream_comms) < workers:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    for address in scheduler.stream_comms:
        scheduler.stream_comms[address] = Sink()
    scheduler.clients["client"] = ClientState("client", versions={})
    scheduler.client_comms["client"] = Sink()
    return scheduler, registered


def work(scheduler):
    """Lets the workers report until nothing runs."""
    reported = True
    while reported:
        reported = False
        for address, sink in scheduler.stream_comms.items():
            for message in sink.take():
                if message["op"] == "compute-task":
                    report = done(message, 0)
                    del report["op"]
                    scheduler.handle_task_finished(worker=address, **report)
                    reported = True


async def merge(workers):
    end = asyncio.Event()
    scheduler, registered = await start(workers, end)
    graph, keys = graph_of(LEAVES)
    span = SpanMetadata(collections=[{"type": "Future"}])
    begin = time.perf_counter(), time.process_time()
    await scheduler.update_graph("client", graph, keys, span, None, None, stimulus_id="graph")
    work(scheduler)
    in_memory = sum(task.state == "memory" for task in scheduler.tasks.values())
    scheduler.client_releases_keys(list(keys), "client", stimulus_id="release")
    wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
    assert in_memory == LEAVES + 1 and not scheduler.tasks
    end.set()
    await asyncio.gather(*registered)
    await scheduler.close()
    return {"value": wall / (LEAVES + 1) * 1e9, "cpu_us": cpu / (LEAVES + 1) * 1e6, "tasks": LEAVES + 1}


def run_merge(workers):
    close()
    return asyncio.run(merge(workers))


def growth(few, many):
    of_few, of_many = run_merge(few), run_merge(many)
    answer = {"value": of_many["value"] / of_few["value"], "tasks": LEAVES + 1}
    return answer | {"few_ns": of_few["value"], "many_ns": of_many["value"]}


FIGURES = {
    "core-merge": lambda: run_merge(2),
    "core-merge-1000": lambda: run_merge(1_000),
    "workers-24-to-1000": lambda: growth(24, 1_000),
}
