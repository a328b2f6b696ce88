"""Dask in its best configuration: scheduler and workers as processes of their own, no queuing of root tasks, no
profiler, no dashboard."""

import os
import resource
import subprocess
import sys
import tempfile
import time

BEST = {
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "inf",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    # Its processes are stopped while others run: that is no reason to take a worker for lost.
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "None",
    "DASK_LOGGING__DISTRIBUTED": "error",
}
os.environ.update(BEST)  # before dask is imported: it reads the environment then

from distributed import Client  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
FOLDER = os.path.dirname(os.path.abspath(__file__))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * PAGE


def loopback_bytes():
    with open("/proc/net/dev", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.lstrip().startswith("lo:"))


class Numbers:
    """Numbers that no task had before: equal calls are one task to Dask."""

    _next = 0

    def numbers(self, count):
        Numbers._next += count
        return range(Numbers._next - count, Numbers._next)


class Measured:
    """The costs of the processes of a cluster from its construction on."""

    def __init__(self, cluster):
        self._cluster = cluster
        self._before = cluster.cpu()

    def per(self, operations):
        parts = {name: (now - self._before[name]) / operations * 1e6 for name, now in self._cluster.cpu().items()}
        return {"cpu_us": sum(parts.values())} | {f"cpu_us_{name}": cpu for name, cpu in parts.items()}


class Cluster(Numbers):
    """`zero`: in place of worker processes one that is many workers and does nothing, see zero_workers.py."""

    def __init__(self, workers=2, threads=1, zero=False):
        self.folder = tempfile.TemporaryDirectory(prefix="dask-")
        self.file = os.path.join(self.folder.name, "scheduler.json")
        self.environment = dict(os.environ, PYTHONPATH=FOLDER)
        # Each of a thousand workers is a file.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        listening = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self.processes = {}
        self._start("scheduler", ["-m", "distributed.cli.dask_scheduler", *listening, "--scheduler-file", self.file])
        self._wait_for(lambda: os.path.exists(self.file))
        if zero:
            self._start("worker0", [os.path.join(FOLDER, "zero_workers.py"), self.file, str(workers)])
        else:
            one = ["--host", "127.0.0.1", "--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
            place = ["--local-directory", self.folder.name, "--scheduler-file", self.file]
            for number in range(workers):
                self._start(f"worker{number}", ["-m", "distributed.cli.dask_worker", *one, *place])
        self.client = Client(scheduler_file=self.file)
        self.client.wait_for_workers(workers, timeout=60)
        self.workers = sorted(self.client.scheduler_info(n_workers=-1)["workers"])

    def _start(self, name, arguments):
        nothing = subprocess.DEVNULL
        command = [sys.executable, *arguments]
        self.processes[name] = subprocess.Popen(
            command, env=self.environment, stdin=nothing, stdout=nothing, stderr=nothing
        )

    @staticmethod
    def _wait_for(condition):
        limit = time.monotonic() + 60
        while not condition():
            if time.monotonic() > limit:
                raise TimeoutError("Dask did not get there within a minute")
            time.sleep(0.02)

    def settle(self):
        self._wait_for(lambda: self.client.run_on_scheduler(_tasks_left) == 0)

    def cpu(self):
        """Seconds so far, by process."""
        used = {"client": time.process_time()}
        for name, process in self.processes.items():
            used[name] = cpu_seconds(process.pid)
        return used

    def costs(self):
        return Measured(self)

    def resident(self):
        """Bytes, by process."""
        pids = {"client": os.getpid()} | {name: process.pid for name, process in self.processes.items()}
        return {name: resident_bytes(pid) for name, pid in pids.items()}

    def close(self):
        self.client.close()
        # Workers first: they end only where there is a scheduler to say goodbye to.
        for process in reversed(self.processes.values()):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.folder.cleanup()


class InProcess(Numbers):
    """Scheduler, one worker with two threads and client in this process."""

    def __init__(self):
        local = {"processes": False, "n_workers": 1, "threads_per_worker": 2}
        self.client = Client(**local, dashboard_address=None)

    def cpu(self):
        return {"process": time.process_time()}

    def costs(self):
        return Measured(self)

    def close(self):
        self.client.close()


def _tasks_left(dask_scheduler):
    return len(dask_scheduler.tasks)


_running = None
_what = None


def cluster(kind=Cluster, **shape):
    """The cluster of the figure: that of the run before where it is of this kind, else a new one in its place."""
    global _running, _what
    if _what != (kind, shape):
        close()
        _running, _what = kind(**shape), (kind, shape)
    return _running


def close():
    global _running, _what
    if _running is not None:
        _running.close()
    _running = _what = None
