"""What the workers run: in a module, so that it is not sent with each task."""

import hashlib
import time

import numpy


def times_ten(x):
    return x * 10


def same(x):
    return x


def total(values):
    return sum(values)


def next_number(x):
    return x + 1


def add(a, b):
    return a + b


def mix(values, column):
    return (sum(values) + column) % 1_000_003


def make_array(nbytes, seed):
    array = numpy.random.default_rng(seed).random(nbytes // 8)
    array[0] = seed
    return array


def see(a, b):
    return a[0] + b[0], a.nbytes, b.nbytes


def see_root(root, x):
    return x + len(root)


def sleep_1ms(x):
    time.sleep(0.001)
    return x


def slow_task(microseconds, _number):
    """Seconds that it took."""
    begin = time.perf_counter()
    time.sleep(microseconds * 1e-6)
    return time.perf_counter() - begin


def grind(iterations):
    """So much work, during which other threads can run Python."""
    return hashlib.pbkdf2_hmac("sha256", b"work", b"more", iterations)


def mark(step, column):
    return step << 32 | column


def grid_point(step, column, iterations, columns, before):
    """Checks its inputs, works, gives its mark."""
    if [mark(step - 1, i) for i in columns] != list(before):
        raise ValueError("a wrong input")
    grind(iterations)
    return mark(step, column)


class Counter:
    value = 0

    def add(self, n):
        self.value += n
        return self.value
