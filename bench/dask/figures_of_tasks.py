"""Many tasks and their results."""

import time

from cluster import cluster
from distributed import wait
from functions import make_array, see, times_ten, total

LEAVES = 10_000  # a tenth of Troupe's: a run takes 4 to 9 s
MANY_LEAVES = 20_000
OBJECTS = 10_000
LARGE = 64 << 20
SMALL = 8 << 10

# Dask looks at the source of whoever calls submit, so callers are kept short: a long one would be measured, too.


def submit_leaves(client, numbers):
    return [client.submit(times_ten, x) for x in numbers]


def map_leaves(client, numbers):
    return client.map(times_ten, numbers)


def merge_results(client, futures):
    return client.submit(total, futures).result()


def gather_results(client, futures):
    return sum(client.gather(futures))


def many_tasks(submit, finish, leaves=LEAVES):
    c = cluster()
    numbers = c.numbers(leaves)
    costs = c.costs()
    begin = time.perf_counter()
    futures = submit(c.client, numbers)
    called = time.perf_counter()
    result = finish(c.client, futures)
    end = time.perf_counter()
    assert result == 10 * sum(numbers)
    del futures
    c.settle()
    answer = {"value": (end - begin) / (leaves + 1) * 1e6} | costs.per(leaves + 1)
    return answer | {"call_us": (called - begin) / leaves * 1e6, "tasks": leaves + 1}


def draw_merge(numbers):
    graph = {("leaf", x): (times_ten, x) for x in numbers}
    merge = "merge", numbers[0]
    graph[merge] = (total, list(graph))
    return graph, merge


def graph_merge():
    c = cluster()
    numbers = c.numbers(LEAVES)
    costs = c.costs()
    begin = time.perf_counter()
    graph, merge = draw_merge(numbers)
    drawn = time.perf_counter()
    future = c.client.get(graph, merge, sync=False)
    called = time.perf_counter()
    result = future.result()
    end = time.perf_counter()
    assert result == 10 * sum(numbers) and len(graph) == LEAVES + 1
    del future
    c.settle()
    per_task = 1e6 / (LEAVES + 1)
    steps = {"draw_us": (drawn - begin) * per_task, "call_us": (called - drawn) * per_task}
    return {"value": (end - begin) * per_task} | costs.per(LEAVES + 1) | steps | {"tasks": LEAVES + 1}


def make_on(client, worker, seed):
    return client.submit(make_array, LARGE, seed, workers=[worker], pure=False)


def see_both(client, made):
    return client.submit(see, *made, pure=False).result()


def fetch():
    c = cluster()
    seconds, cpu = [], []
    for _ in range(4):
        seeds = c.numbers(2)
        made = [make_on(c.client, worker, seed) for worker, seed in zip(c.workers, seeds)]
        wait(made)
        costs = c.costs()
        begin = time.perf_counter()
        seen = see_both(c.client, made)
        seconds.append(time.perf_counter() - begin)
        cpu.append(costs.per(1))
        assert seen == (sum(seeds), LARGE, LARGE)
        del made
        c.settle()
    answer = {"value": LARGE / sorted(seconds)[len(seconds) // 2] / 1e9}
    return answer | {name: sum(one[name] for one in cpu) / len(cpu) for name in cpu[0]}


def make_objects(client, seeds):
    return client.map(make_array, [SMALL] * len(seeds), seeds)


def gather(from_the_map_on):
    c = cluster()
    seeds = c.numbers(OBJECTS)
    costs = c.costs()
    begin = time.perf_counter()
    made = make_objects(c.client, seeds)
    if not from_the_map_on:
        wait(made)
        costs = c.costs()
        begin = time.perf_counter()
    gathered = c.client.gather(made)
    answer = {"value": (time.perf_counter() - begin) / OBJECTS * 1e6} | costs.per(OBJECTS)
    assert [int(array[0]) for array in gathered] == list(seeds)
    del made, gathered
    c.settle()
    return answer


FIGURES = {
    "merge-tcp-map": lambda: many_tasks(map_leaves, merge_results),
    "merge-tcp-submit": lambda: many_tasks(submit_leaves, merge_results),
    "merge-tcp-graph": graph_merge,
    "merge-tcp-map-1m": lambda: many_tasks(map_leaves, merge_results, MANY_LEAVES),
    "map-tcp": lambda: many_tasks(map_leaves, gather_results),
    "fetch-64MiB": fetch,
    "fetch-64MiB-vector": fetch,
    "gather-10000x8KiB": lambda: gather(from_the_map_on=False),
    "map-10000x8KiB": lambda: gather(from_the_map_on=True),
}
