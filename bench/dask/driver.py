"""Does the work of Troupe's figures with Dask. Reads the name of a figure a line and answers, for one run of it, with
lines of a name and a number (`value`, `p99`, others), then `end`; or with `error` and a text. `--list` names them."""

import signal
import sys
import time

import cluster  # before dask: it sets how that is configured
import figures_of_balance
import figures_of_core
import figures_of_grids
import figures_of_latency
import figures_of_orders
import figures_of_scheduling
import figures_of_shapes
import figures_of_tasks

THAWING = 0.3  # seconds for what Dask's processes have to catch up with after they were frozen
LONGEST = 120  # seconds for a run

FIGURES = {}
for module in (
    figures_of_tasks,
    figures_of_shapes,
    figures_of_latency,
    figures_of_scheduling,
    figures_of_core,
    figures_of_orders,
    figures_of_grids,
    figures_of_balance,
):
    FIGURES |= module.FIGURES


def too_long(*_):
    raise TimeoutError(f"not done after {LONGEST} s")


def answer(name):
    signal.alarm(LONGEST)
    try:
        for what, number in FIGURES[name]().items():
            print(what, number)
        print("end", flush=True)
    except Exception as problem:  # whatever it is, the figure's reader has to hear of it
        print("error", repr(problem).replace("\n", " "), flush=True)
    finally:
        signal.alarm(0)


def main():
    if sys.argv[1:] == ["--list"]:
        print(*FIGURES, sep="\n")
        return
    # It ends with its input, also in the middle of a run: that has its limit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGALRM, too_long)
    try:
        for line in sys.stdin:
            time.sleep(THAWING)
            answer(line.strip())
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
