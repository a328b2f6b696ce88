"""METG(50 %): see ../granularity.cpp. Fewer steps than Troupe's, as a step takes Dask milliseconds."""

import math
import time

from cluster import Cluster, InProcess, cluster
from functions import grid_point, grind, mark

STEPS = 100
PROCESSORS = 2
RADIX, PERIOD = 5, 3
LOW, HIGH, HALVINGS = 1e-4, 5e-2, 7


def around(column, reach, stride, width):
    return {column + i * stride for i in range(-reach, reach + 1)} & set(range(width))


def spread(step, column, width):
    return {(column + i * width // RADIX + (step % PERIOD if i > 0 else 0)) % width for i in range(RADIX)}


PATTERNS = {
    "stencil": lambda step, column, width: around(column, 1, 1, width),
    "nearest": lambda step, column, width: around(column, RADIX // 2, 1, width),
    "spread": spread,
    "fft": lambda step, column, width: around(column, 1, 1 << (step - 1) % (width - 1).bit_length(), width),
    "all-to-all": lambda step, column, width: set(range(width)),
}

_seconds_per_iteration = None


def seconds_per_iteration():
    global _seconds_per_iteration
    if _seconds_per_iteration is None:
        best, iterations = 1, 20_000
        for _ in range(20):
            begin = time.perf_counter()
            grind(iterations)
            best = min(best, (time.perf_counter() - begin) / iterations)
        _seconds_per_iteration = best
    return _seconds_per_iteration


def grid(number, pattern, width, iterations):
    graph = {}
    for step in range(STEPS):
        for column in range(width):
            columns = sorted(PATTERNS[pattern](step, column, width)) if step > 0 else []
            before = [(f"grid-{number}", step - 1, i) for i in columns]
            graph[f"grid-{number}", step, column] = (grid_point, step, column, iterations, columns, before)
    return graph, [(f"grid-{number}", STEPS - 1, column) for column in range(width)]


def run_grid(c, pattern, width, iterations):
    graph, keys = grid(c.numbers(1)[0], pattern, width, iterations)
    begin = time.perf_counter()
    last = c.client.get(graph, keys)
    wall = time.perf_counter() - begin
    assert list(last) == [mark(STEPS - 1, column) for column in range(width)]
    return wall


def metg(kind, pattern, width):
    c = cluster(kind)
    tasks = STEPS * width
    low, high, granularity = LOW, HIGH, 0
    costs = c.costs()
    for _ in range(HALVINGS):
        work = math.sqrt(low * high)
        wall = run_grid(c, pattern, width, max(1, round(work / seconds_per_iteration())))
        granularity = wall * PROCESSORS / tasks
        if tasks * work / (wall * PROCESSORS) < 0.5:
            low = work
        else:
            high = work
    assert low > LOW and high < HIGH
    return {"value": granularity * 1e6} | costs.per(HALVINGS * tasks) | {"tasks": tasks}


FIGURES = {
    "metg-stencil-tcp": lambda: metg(Cluster, "stencil", 2),
    "metg-stencil-tcp-8": lambda: metg(Cluster, "stencil", 8),
    "metg-nearest-tcp-8": lambda: metg(Cluster, "nearest", 8),
    "metg-spread-tcp-8": lambda: metg(Cluster, "spread", 8),
    "metg-fft-tcp-8": lambda: metg(Cluster, "fft", 8),
    "metg-all-to-all-tcp-8": lambda: metg(Cluster, "all-to-all", 8),
    "metg-stencil-inproc": lambda: metg(InProcess, "stencil", 2),
}
