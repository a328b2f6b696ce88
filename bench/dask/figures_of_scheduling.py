"""The scheduler's process, what it costs and keeps."""

import time

from cluster import Cluster, close, cluster
from distributed import wait
from figures_of_shapes import tree
from functions import add, same, times_ten, total

LEAVES = 10_000


def merge_of(client, numbers):
    return client.submit(total, client.map(times_ten, numbers))


def zero_merge(workers):
    """Its value is the CPU time of the scheduler's process."""
    c = cluster(workers=workers, zero=True)
    numbers = c.numbers(LEAVES)
    costs = c.costs()
    begin = time.perf_counter()
    merged = merge_of(c.client, numbers)
    wait(merged)
    wall = time.perf_counter() - begin
    assert merged.status == "finished"
    del merged
    c.settle()
    cpu = costs.per(LEAVES + 1)
    return {"value": cpu["cpu_us_scheduler"]} | cpu | {"wall_us": wall / (LEAVES + 1) * 1e6, "tasks": LEAVES + 1}


def reduction(graph, name, level):
    """Adds to the graph: four become one, level by level; one that is left over goes on as it is."""
    height = 0
    while len(level) > 1:
        groups = [level[i : i + 4] for i in range(0, len(level), 4)]
        level = []
        for i, group in enumerate(groups):
            if len(group) == 1:
                level += group
            else:
                graph[name, height, i] = (total, group)
                level.append((name, height, i))
        height += 1
    return level[0]


def numpy_sum(number, chunks=100):
    """See submit_numpy in ../zero_worker.cpp."""
    half = chunks // 2
    x, y, part, mean = (f"{name}-{number}" for name in ("x", "y", "part", "mean"))
    graph = {(x, i, j): (same, i) for i in range(chunks) for j in range(chunks) if max(i, j) >= half}
    for i in range(chunks):
        for j in range(half, chunks):
            graph[y, i, j] = (same, (x, i, j)) if i == j else (add, (x, i, j), (x, j, i))
            graph[part, i, j] = (same, (y, i, j))
        graph[mean, i] = (same, reduction(graph, f"row-{number}-{i}", [(part, i, j) for j in range(half, chunks)]))
    end = reduction(graph, f"sum-{number}", [(mean, i) for i in range(chunks)])
    assert len(graph) == 19_334
    return graph, [end]


def shuffle(number, partitions=100):
    made, split, piece, joined = (f"{name}-{number}" for name in ("made", "split", "piece", "joined"))
    graph = {}
    for i in range(partitions):
        graph[made, i] = (same, i)
        graph[split, i] = (same, (made, i))
        for j in range(partitions):
            graph[piece, i, j] = (add, (split, i), j)
        graph[joined, i] = (total, [(piece, k, i) for k in range(partitions)])
    return graph, [(joined, i) for i in range(partitions)]


def zero_graph(make):
    """`make` gives a graph with keys that begin with its number, and the keys to wait for."""
    c = cluster(workers=2, zero=True)
    graph, keys = make(c.numbers(1)[0])
    costs = c.costs()
    begin = time.perf_counter()
    futures = c.client.get(graph, keys, sync=False)
    wait(futures)
    wall = time.perf_counter() - begin
    assert all(future.status == "finished" for future in futures)
    del futures
    c.settle()
    cpu = costs.per(len(graph))
    return {"value": cpu["cpu_us_scheduler"]} | cpu | {"wall_us": wall / len(graph) * 1e6, "tasks": len(graph)}


def map_held(client, numbers):
    return client.map(same, numbers)


def map_sums(client, numbers):
    values = client.map(same, range(numbers[0], numbers[0] + 1_000))
    first = [values[i % 1_000] for i in range(len(numbers))]
    second = [values[(i + 1) % 1_000] for i in range(len(numbers))]
    return client.map(add, first, second, pure=False)


def bytes_per_task(make, tasks):
    """A cluster of its own each time: memory that is kept for the next tasks would not be seen to grow."""
    close()
    c = Cluster()
    try:
        assert c.client.submit(same, -1).result() == -1
        costs = c.costs()
        before = c.resident()
        futures = make(c.client, c.numbers(tasks))
        wait(futures)
        full = c.resident()
        assert futures[-1].status == "finished"
        del futures
        c.settle()
        after = c.resident()
        grown = {name: (full[name] - before[name]) / tasks for name in full}
        answer = {"value": grown.pop("scheduler")} | costs.per(tasks)
        answer |= {f"bytes_{name}": bytes for name, bytes in grown.items()}
        released = (full["scheduler"] - after["scheduler"]) / (full["scheduler"] - before["scheduler"])
        return answer | {"released_share": released, "tasks": tasks}
    finally:
        c.close()


FIGURES = {
    "zero-worker-tcp": lambda: zero_merge(2),
    "zero-worker-tcp-24": lambda: zero_merge(24),
    "zero-worker-tcp-168": lambda: zero_merge(168),
    "zero-worker-tcp-1000": lambda: zero_merge(1_000),
    "zero-worker-tree-15": lambda: zero_graph(lambda number: tree(number)[:2]),
    "zero-worker-numpy": lambda: zero_graph(numpy_sum),
    "zero-worker-shuffle": lambda: zero_graph(shuffle),
    "scheduler-bytes-per-task": lambda: bytes_per_task(map_held, 100_000),
    "scheduler-bytes-per-task-of-2": lambda: bytes_per_task(map_sums, 50_000),
}
