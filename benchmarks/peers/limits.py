"""Measure the floor under every implementation of RM1: what a year costs on this machine before any model.

Run in the environment of numba: ``.venvs/numba/bin/python -m benchmarks.peers.limits``. One line of JSON each:

- hash and compare: one splitmix64 an engineer against the threshold;
- hash and compact: the same, and the list of searchers;
- hub read, hub copy: the int8 column once;
- ties, plain loop: for searchers only, their row of ties and the hub of every tie, which no model can avoid to read;
- ties, staged: the same reads, lists copied first and hubs gathered after;
- read 1 GiB: the bandwidth of a plain read.
"""

import argparse
import json
import time

import numba
import numpy as np
from numba import njit, prange, uint64

from benchmarks.peers import rm1
from benchmarks.peers.fw_numba import CHUNK, THRESHOLD, agent_hash
from benchmarks.peers.idle import wait_quiet


@njit(parallel=True, cache=True)
def hash_compare(key, n):
    total = 0
    for c in prange(-(-n // CHUNK)):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, n)
        m = 0
        for i in range(lo, hi):
            m += np.int64(agent_hash(key, i) < THRESHOLD)
        total += m
    return total


@njit(parallel=True, cache=True)
def hash_compact(key, n, who, count):
    for c in prange(count.size):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, n)
        hashes = np.empty(CHUNK, np.uint64)
        for i in range(lo, hi):
            hashes[i - lo] = agent_hash(key, i)
        m = lo
        for i in range(lo, hi):
            who[m] = i
            m += np.int64(hashes[i - lo] < THRESHOLD)
        count[c] = m - lo


@njit(parallel=True, cache=True)
def hub_sum(hub):
    total = 0
    for c in prange(-(-hub.size // CHUNK)):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, hub.size)
        total += hub[lo:hi].sum()
    return total


@njit(parallel=True, cache=True)
def hub_copy(hub, nxt):
    for c in prange(-(-hub.size // CHUNK)):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, hub.size)
        nxt[lo:hi] = hub[lo:hi]


@njit(parallel=True, cache=True)
def csr_searchers(who, count, indptr, indices, hub):
    total = 0
    for c in prange(count.size):
        m = 0
        for s in range(c * CHUNK, c * CHUNK + count[c]):
            i = who[s]
            for j in range(indptr[i], indptr[i + 1]):
                m += hub[indices[j]]
        total += m
    return total


@njit(parallel=True, cache=True)
def csr_staged(who, count, indptr, indices, hub):
    """Read the ties of searchers in stages, as the `gather` kernel does."""
    total = 0
    for c in prange(count.size):
        m, base = count[c], c * CHUNK
        size = 0
        for s in range(m):
            i = uint64(who[base + s])
            size += indptr[i + uint64(1)] - indptr[i]
        tie = np.empty(size, np.uint32)
        p = uint64(0)
        for s in range(m):
            i = uint64(who[base + s])
            a = uint64(indptr[i])
            d = uint64(indptr[i + uint64(1)]) - a
            for q in range(d):
                tie[p + q] = indices[a + q]
            p += d
        part = 0
        for q in range(size):
            part += hub[tie[q]]
        total += part
    return total


@njit(parallel=True, cache=True)
def read_all(a):
    total = np.int64(0)
    step = 1 << 16
    for c in prange(-(-a.size // step)):
        total += a[c * step : (c + 1) * step].sum()
    return total


def timed(kernel, *args, reps=15):
    """(median, least) seconds of a kernel, compiled before."""
    kernel(*args)
    seconds = []
    wait_quiet(60)
    for _ in range(reps):
        begun = time.perf_counter()
        kernel(*args)
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds)), min(seconds)


def main():
    """Measure every limit at every size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, nargs="+", default=[1_900_000, 10_000_000])
    parser.add_argument("--graph", default="smallworld", choices=["smallworld", "regular"])
    asked = parser.parse_args()
    threads = numba.get_num_threads()
    key = np.uint64(0x1234567890ABCDEF)

    def emit(what, n, seconds, best, **extra):
        print(
            json.dumps(
                {"limit": what, "n": n, "graph": asked.graph, "threads": threads, "s": seconds, "s_min": best, **extra}
            ),
            flush=True,
        )

    big = np.ones(1 << 27, np.int64)
    s, best = timed(read_all, big, reps=7)
    emit("read 1 GiB", big.size, s, best, gb_s=big.nbytes / s / 1e9)
    del big
    for n in asked.n:
        w = rm1.load_world(n, asked.graph)
        who, count = np.empty(n + CHUNK, np.int32), np.zeros(-(-n // CHUNK), np.int64)
        s, best = timed(hash_compare, key, n)
        emit("hash and compare", n, s, best, agents_s=n / s)
        s, best = timed(hash_compact, key, n, who, count)
        emit("hash and compact", n, s, best, agents_s=n / s)
        s, best = timed(hub_sum, w.hub)
        emit("hub read", n, s, best, gb_s=n / s / 1e9)
        s, best = timed(hub_copy, w.hub, np.empty_like(w.hub))
        emit("hub copy", n, s, best, gb_s=2 * n / s / 1e9)
        s, best = timed(csr_searchers, who, count, w.indptr, w.indices, w.hub)
        m = int(count.sum())
        emit("ties, plain loop", n, s, best, searchers=m, ns_per_searcher_thread=s * threads / m * 1e9)
        s, best = timed(csr_staged, who, count, w.indptr, w.indices, w.hub)
        emit("ties, staged", n, s, best, searchers=m, ns_per_searcher_thread=s * threads / m * 1e9)


if __name__ == "__main__":
    main()
