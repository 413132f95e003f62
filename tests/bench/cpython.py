# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
"""cpython.py -- the workloads for CPython's multiprocessing

A command is a line on stdin; its values, or "wrong", go to stdout as one line.
Every command makes what it needs, warms it up, takes one sample and ends it.
"""
import os
import sys
import time
from multiprocessing import active_children, get_context

context = get_context("fork")
now = time.perf_counter


def nothing(*_):
    return None


def square(x):
    return x * x


def add_one(x):
    return x + 1


def check(right):
    if not right:
        raise ValueError("wrong result")


def spawn(megabytes, count):
    weight = bytearray(int(megabytes) * 1000 * 1000)
    weight[::4096] = b"x" * len(weight[::4096])
    count = int(count)
    for i in range(count + 1):
        if i == 1:
            began = now()
        child = context.Process(target=nothing)
        child.start()
        child.join()
        check(child.exitcode == 0)
        child.close()
    return ((now() - began) / count * 1e6,)


def roundtrip(count):
    count = int(count)
    times = []
    with context.Pool(1) as pool:
        for i in range(count + 10):
            began = now()
            check(pool.apply(add_one, (i,)) == i + 1)
            times.append((now() - began) * 1e6)
    times = sorted(times[10:])
    return times[len(times) // 2], times[len(times) * 99 // 100]


def map_(count, chunk):
    count = int(count)
    with context.Pool(2) as pool:
        pool.map(square, range(1000))
        began = now()
        squares = pool.map(square, range(count), int(chunk) or None)
        took = now() - began
    check(sum(squares) == sum(i * i for i in range(count)))
    return (took / count * 1e9,)


def unordered(count):
    count = int(count)
    with context.Pool(2) as pool:
        pool.map(square, range(1000))
        began = now()
        total = sum(pool.imap_unordered(square, range(count)))
        took = now() - began
    check(total == sum(i * i for i in range(count)))
    return (count / took,)


def async_(count):
    count = int(count)
    with context.Pool(2) as pool:
        pool.map(square, range(1000))
        began = now()
        handles = [pool.apply_async(square, (i,)) for i in range(count)]
        total = sum(handle.get() for handle in handles)
        took = now() - began
    check(total == sum(i * i for i in range(count)))
    return (count / took,)


def producer(queue, count, size):
    message = b"x" * size
    for _ in range(count):
        queue.put(message)


def consumer(queue, count, size):
    right = all(len(queue.get()) == size for _ in range(count))
    sys.exit(0 if right else 1)


def run_pairs(queue, pairs, count, size):
    # Forks are in the time: a few ms of some hundreds.
    began = now()
    children = [context.Process(target=target, args=(queue, count, size))
                for _ in range(pairs) for target in (producer, consumer)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        check(child.exitcode == 0)
    return now() - began


def queue(pairs, count, size):
    pairs, count, size = int(pairs), int(count), int(size)
    took = run_pairs(context.Queue(), pairs, count // pairs, size)
    return (count / took,)


def large(count, size):
    count, size = int(count), int(size)
    took = run_pairs(context.Queue(), 1, count, size)
    return (count * size / took / 1e9,)


def contender(lock, start, count, times):
    start.wait()
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    for _ in range(count):
        lock.acquire()
        lock.release()
    times.put((began, time.clock_gettime(time.CLOCK_MONOTONIC)))


def lock(contenders, count):
    contenders, count = int(contenders), int(count)
    start, times = context.Barrier(contenders), context.SimpleQueue()
    one = context.Lock()
    children = [context.Process(target=contender, args=(one, start, count, times))
                for _ in range(contenders)]
    for child in children:
        child.start()
    spans = [times.get() for _ in children]
    for child in children:
        child.join()
    took = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return (took / (contenders * count) * 1e9,)


def burn_steps(steps):
    x = 88172645463325252
    for _ in range(steps):
        x = (x * 5 + 1) & 0xFFFFFFFFFFFFFFFF
    return x


steps_per_ms = 0


def calibrate():
    global steps_per_ms
    if not steps_per_ms:
        best = 1.0
        for _ in range(9):
            began = now()
            burn_steps(50000)
            best = min(best, now() - began)
        steps_per_ms = 50 / best


def burn(count, ms):
    calibrate()
    count, steps = int(count), int(float(ms) * steps_per_ms)
    with context.Pool(2) as pool:
        pool.map(burn_steps, [1, 1], 1)
        began = now()
        results = pool.map(burn_steps, [steps] * count, 1)
        took = now() - began
    check(results == [burn_steps(steps)] * count)
    return (count / took,)


def startup(workers):
    workers = int(workers)
    began = now()
    pool = context.Pool(workers)
    check(pool.map(add_one, range(workers), 1) == list(range(1, workers + 1)))
    pool.close()
    pool.join()
    return ((now() - began) * 1e3,)


def make_bytes(mark):
    return bytes([mark]) * (16 << 20)


def results(count):
    count = int(count)
    with context.Pool(2) as pool:
        pool.map(square, range(1000))
        began = now()
        total = sum(one[1000] for one in
                    pool.imap_unordered(make_bytes, range(1, count + 1)))
        took = now() - began
    check(total == count * (count + 1) // 2)
    return (count * (16 << 20) / took / 1e9,)


def schedstat(pids):
    ran = slices = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat") as file:
            fields = file.read().split()
        ran, slices = ran + int(fields[0]), slices + int(fields[2])
    return ran, slices


def threads(pid):
    return [f"{pid}/task/{thread}" for thread in os.listdir(f"/proc/{pid}/task")]


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file
                   if line.startswith("Private_"))


def idle(workers, window):
    with context.Pool(int(workers)) as pool:
        pool.map(square, range(1000))
        workers = [child.pid for child in active_children()]
        pids = workers + threads(os.getpid())
        time.sleep(0.2)
        began, before = now(), schedstat(pids)
        time.sleep(float(window))
        seconds, after = now() - began, schedstat(pids)
        whole = sum(private_kib(pid) for pid in workers) / len(workers)
    return ((after[0] - before[0]) / 1e7 / seconds,
            (after[1] - before[1]) / seconds, whole)


COMMANDS = {"spawn": spawn, "roundtrip": roundtrip, "map": map_,
            "unordered": unordered, "async": async_, "queue": queue,
            "large": large, "lock": lock, "burn": burn, "startup": startup,
            "results": results, "idle": idle}


def main():
    print("ready", flush=True)
    # Not `for line in sys.stdin`: it reads ahead, and a child would inherit that.
    while line := sys.stdin.readline():
        name, *arguments = line.split()
        try:
            values = COMMANDS[name](*arguments)
            print(*(f"{value:.9g}" for value in values), flush=True)
        except (ValueError, OSError) as error:
            print(f"cpython.py: {line.strip()}: {error}", file=sys.stderr)
            print("wrong", flush=True)


main()
