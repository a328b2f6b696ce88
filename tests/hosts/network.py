"""Hosts with a network between them, all inside this machine: network namespaces joined by a bridge.

Nothing of it outlives the process that made it, however that ends: processes on hosts are killed with it, and a namespace
goes with its last process.
"""

import os
import shutil
import subprocess
import sys

# Ends with who started it; setpriv, unshare and nsenter are parts of util-linux.
WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]
APART = "HOSTS_TEST_APART"
NO_NETWORK = 77  # exit status; ctest counts the test as skipped

# Who refuses a connection is there; the time out is for those who do not answer.
CONNECT = """
import errno, socket, sys
probe = socket.socket()
probe.settimeout(2)
sys.exit(probe.connect_ex((sys.argv[1], 1)) != errno.ECONNREFUSED)
"""

PROBE = "ip link add probe type bridge && ip link add end type veth peer name other && unshare --net true"


def move_apart():
    """Goes on in a network of its own, as root there; ends the process where the system does not allow that."""
    if APART in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    for tool in ("ip", "unshare", "nsenter", "setpriv"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing: scripts/deps installs it")
    said = []
    for way in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        probe = subprocess.run([*way, "sh", "-c", PROBE], capture_output=True, text=True)
        if probe.returncode == 0:
            os.environ[APART] = "yes"
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
        said.append(f"{' '.join(way)}: {probe.stderr.strip()}")
    print("SKIPPED: neither root nor user namespaces give a network here\n" + "\n".join(said))
    sys.exit(NO_NETWORK)


class Host:
    """A network namespace with one interface on the bridge. `address` is where others reach it."""

    def __init__(self, number):
        self.address = f"10.77.0.{number}"
        self.port = f"to-{number}"
        # Says a word when the namespace is there, and keeps it until its input ends.
        self.keeper = subprocess.Popen(
            [*WITH_PARENT, "unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.keeper.stdout.readline()
        end = f"type veth peer name net0 netns {self.keeper.pid}"
        ip(f"link add {self.port} {end}")
        ip(f"link set {self.port} master bridge up")
        for change in ("link set lo up", f"addr add {self.address}/24 dev net0", "link set net0 up"):
            subprocess.run(self.command("ip", *change.split()), check=True)

    def command(self, *words):
        """The words of a command that runs `words` on this host."""
        return [*WITH_PARENT, "nsenter", f"--net=/proc/{self.keeper.pid}/ns/net", *map(str, words)]

    def reaches(self, other):
        return subprocess.run(self.command(sys.executable, "-c", CONNECT, other.address)).returncode == 0

    def separate(self):
        """From now on it does not reach others that were separated, nor they it."""
        ip(f"link set dev {self.port} type bridge_slave isolated on")

    def close(self):
        # The system takes namespaces apart later; the next network may have the same names.
        ip(f"link delete {self.port}")
        self.keeper.communicate()


def ip(words):
    subprocess.run(["ip", *words.split()], check=True)


class Network:
    """A bridge with so many hosts on it."""

    def __init__(self, count):
        ip("link add bridge type bridge")
        ip("link set bridge up")
        self.hosts = [Host(number + 1) for number in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            host.close()
        ip("link delete bridge")
