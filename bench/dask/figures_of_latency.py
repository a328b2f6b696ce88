"""How long one call takes."""

import json
import os
import statistics
import subprocess
import sys
import time

from cluster import BEST, FOLDER, cluster
from distributed import as_completed, wait
from functions import Counter, next_number, same, sleep_1ms


def quantiles(times):
    times = sorted(times)
    at = {name: times[round(share * (len(times) - 1))] for name, share in (("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))}
    return {"value": statistics.median(times)} | at


def one_call(client, x, priority):
    begin = time.perf_counter()
    result = client.submit(next_number, x, priority=priority).result()
    taken = time.perf_counter() - begin
    assert result == x + 1
    return taken * 1e6


def round_trips(calls, apart, priority=0):
    c = cluster()
    times = []
    costs = c.costs()
    for x in c.numbers(calls):
        if apart > 0:
            time.sleep(apart)
        times.append(one_call(c.client, x, priority))
    return quantiles(times) | costs.per(calls)


def start_others(client, numbers):
    return client.map(sleep_1ms, numbers)


def round_trips_beside_others():
    c = cluster()
    others = start_others(c.client, c.numbers(10_000))
    answer = round_trips(200, 0, priority=10)
    assert not others[-1].done()
    del others
    c.settle()
    return answer


def start_map(client, numbers):
    return as_completed(client.map(same, numbers))


def first_result(tasks=20_000):
    c = cluster()
    numbers = c.numbers(tasks)
    costs = c.costs()
    begin = time.perf_counter()
    arriving = start_map(c.client, numbers)
    first = next(arriving)
    taken = time.perf_counter() - begin
    assert first.result() in numbers
    del arriving, first
    c.settle()
    return {"value": taken * 1e3} | costs.per(tasks) | {"tasks": tasks}


def put_and_get(calls=200):
    c = cluster()
    times = []
    costs = c.costs()
    for x in c.numbers(calls):
        begin = time.perf_counter()
        result = c.client.scatter(x, hash=False).result()
        times.append((time.perf_counter() - begin) * 1e6)
        assert result == x
    return quantiles(times) | costs.per(calls)


def make_actor(client):
    return client.submit(Counter, actor=True, pure=False).result()


def actor_calls(calls=1_000):
    c = cluster()
    counter = make_actor(c.client)
    times = []
    costs = c.costs()
    for i in range(calls):
        begin = time.perf_counter()
        value = counter.add(1).result()
        times.append((time.perf_counter() - begin) * 1e6)
        assert value == i + 1
    return quantiles(times) | costs.per(calls)


def many_actor_calls(calls=2_000):
    c = cluster()
    counter = make_actor(c.client)
    costs = c.costs()
    begin = time.perf_counter()
    answers = [counter.add(1) for _ in range(calls)]
    values = [answer.result() for answer in answers]
    taken = time.perf_counter() - begin
    # Dask does not promise the order of calls under way at once.
    assert sorted(values) == list(range(1, calls + 1))
    return {"value": taken / calls * 1e6} | costs.per(calls) | {"tasks": calls}


def ingest(tasks=50_000):
    """Round trips of another client, in a process of its own, which is what one would do."""
    c = cluster()
    numbers = c.numbers(tasks)
    command = [sys.executable, os.path.join(FOLDER, "other_client.py"), c.file]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=c.environment, **pipes) as other:
        assert other.stdout.readline() == "started\n"
        c.processes["other_client"] = other
        try:
            costs = c.costs()
            begin = time.perf_counter()
            futures = c.client.map(same, numbers)
            wait(futures)
            wall = time.perf_counter() - begin
            cpu = costs.per(tasks)
        finally:
            del c.processes["other_client"]
        times = json.loads(other.communicate()[0])
    del futures
    c.settle()
    slowest = {"slowest_us": max(times), "bulk_us_per_task": wall / tasks * 1e6, "tasks": tasks}
    return quantiles(times) | cpu | slowest


def start():
    # As a user gets it: the settings of BEST are about work, not about starting.
    environment = {name: value for name, value in os.environ.items() if name not in BEST}
    command = [sys.executable, os.path.join(FOLDER, "first_result.py")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {"value": float(ended.stdout)}


FIGURES = {
    "roundtrip-tcp": lambda: round_trips(500, 0),
    "roundtrip-tcp-5ms": lambda: round_trips(150, 0.005),
    "roundtrip-tcp-busy": round_trips_beside_others,
    "first-result-tcp": first_result,
    "put-get-tcp": put_and_get,
    "actor-call-tcp": actor_calls,
    "actor-call-tcp-many": many_actor_calls,
    "ingest-1m": ingest,
    "start-2-processes": start,
}
