"""The order in which a graph is to be run, without running it."""

import time

from cluster import close
from dask._task_spec import convert_legacy_graph
from dask.order import order
from functions import total


def layers(columns, rows):
    """Each call needs all of the row before."""
    graph = {}
    for row in range(rows):
        before = [(row - 1, column) for column in range(columns)] if row > 0 else []
        graph |= {(row, column): (total, before) for column in range(columns)}
    return convert_legacy_graph(graph)


def run(columns, rows):
    close()
    graph = layers(columns, rows)
    begin = time.perf_counter(), time.process_time()
    place = order(graph)
    wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
    calls = columns * rows
    assert sorted(place.values()) == list(range(calls))
    for row in range(1, rows):
        latest = max(place[row - 1, column] for column in range(columns))
        assert all(place[row, column] > latest for column in range(columns))
    return {"value": wall / calls * 1e9, "cpu_us": cpu / calls * 1e6}


FIGURES = {
    f"order-layers-{columns}x{rows}": lambda columns=columns, rows=rows: run(columns, rows)
    for columns, rows in ((1, 50_000), (2, 10_000), (10, 1_000), (100, 20), (500, 2), (9_999, 1), (50_000, 1))
}
