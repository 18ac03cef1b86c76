"""Lays out Fashion-MNIST by scikit-learn and by nn/tsne and compares them.

`make bench-tsne` runs it: Debian's python3-sklearn and dataset-fashion-mnist,
10,000 pictures, 64 principal axes of their pixels, two threads each, the
defaults of each program. Both maps are judged by the code in this file alone:

* KL: P over the 90 nearest neighbours by brute force, perplexity 30, symmetric;
  Q over all pairs; double precision.
* trustworthiness: Venna and Kaski's definition over all pairs, 5 and 30
  neighbours; the code is held against sklearn.manifold.trustworthiness first.
* neighbours: share of the 10 nearest in the map that have the same label.

It exits with 1 where a bar is missed: KL at most 2 % above scikit-learn's,
trustworthiness not lower, at least twice as fast.
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
from sklearn.manifold import TSNE, trustworthiness
from threadpoolctl import threadpool_limits

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
N, DIMS, PERPLEXITY, THREADS = 10_000, 64, 30, 2


def features(out):
    """The first N training pictures along their principal axes."""
    with gzip.open(DATA / "train-images-idx3-ubyte.gz") as f:
        x = np.frombuffer(f.read(16 + N * 784), np.uint8, offset=16).reshape(N, 784) / 255.0
    with gzip.open(DATA / "train-labels-idx1-ubyte.gz") as f:
        labels = np.frombuffer(f.read(8 + N), np.uint8, offset=8)
    x = x - x.mean(0)
    _, axes = np.linalg.eigh(x.T @ x)
    x = (x @ axes[:, ::-1][:, :DIMS]).astype(np.float32)
    x.tofile(out)
    return x, labels


def blocks(x, size=500):
    """Squared distances of a block of rows to all."""
    x = np.asarray(x, np.float64)
    norm = (x * x).sum(1)
    for lo in range(0, len(x), size):
        d = norm[lo : lo + size, None] + norm[None] - 2 * x[lo : lo + size] @ x.T
        yield lo, np.maximum(d, 0)


def neighbourhoods(x):
    """P as three arrays: row, column, value."""
    k = 3 * PERPLEXITY
    rows, cols, values = [], [], []
    for lo, d in blocks(x):
        m = len(d)
        d[np.arange(m), lo + np.arange(m)] = np.inf
        near = np.argpartition(d, k, axis=1)[:, :k]
        d = np.take_along_axis(d, near, 1)
        d -= d.min(1, keepdims=True)
        low, high = np.zeros(m), np.full(m, np.inf)
        beta = 1 / np.median(d, axis=1)
        for _ in range(100):
            p = np.exp(-beta[:, None] * d)
            s = p.sum(1)
            h = np.log(s) + beta * (p * d).sum(1) / s
            wide = h > np.log(PERPLEXITY)
            low, high = np.where(wide, beta, low), np.where(wide, high, beta)
            beta = np.where(np.isinf(high), beta * 2, (low + np.where(np.isinf(high), 0, high)) / 2)
        p = np.exp(-beta[:, None] * d)
        p /= p.sum(1, keepdims=True)
        rows.append(np.repeat(lo + np.arange(m), k))
        cols.append(near.ravel())
        values.append(p.ravel())
    row, col, p = map(np.concatenate, (rows, cols, values))
    key = np.concatenate((row * N + col, col * N + row))
    p = np.concatenate((p, p)) / (2 * N)
    key, at = np.unique(key, return_inverse=True)
    return key // N, key % N, np.bincount(at, p)


def divergence(p, y):
    row, col, v = p
    y = np.asarray(y, np.float64)
    z = sum((1 / (1 + d)).sum() for _, d in blocks(y)) - len(y)
    d = ((y[row] - y[col]) ** 2).sum(1)
    return float((v * np.log(v * (1 + d) * z)).sum())


def trust(x, y, ks):
    n, penalty = len(x), dict.fromkeys(ks, 0.0)
    for (lo, dx), (_, dy) in zip(blocks(x), blocks(y)):
        m = len(dx)
        me = np.arange(m), lo + np.arange(m)
        dx[me], dy[me] = -1, np.inf
        rank = np.empty((m, n), np.int64)
        np.put_along_axis(rank, np.argsort(dx, 1, kind="stable"), np.arange(n)[None], 1)
        near = np.argsort(dy, 1, kind="stable")[:, : max(ks)]
        rank = np.take_along_axis(rank, near, 1)
        for k in ks:
            penalty[k] += np.maximum(rank[:, :k] - k, 0).sum()
    return [1 - penalty[k] * 2 / (n * k * (2 * n - 3 * k - 1)) for k in ks]


def agreement(y, labels, k=10):
    same = 0
    for lo, d in blocks(y):
        m = len(d)
        d[np.arange(m), lo + np.arange(m)] = np.inf
        near = np.argpartition(d, k, axis=1)[:, :k]
        same += (labels[near] == labels[lo : lo + m, None]).sum()
    return same / (len(y) * k)


def ours(go_test, out):
    env = dict(os.environ, GOMAXPROCS=str(THREADS), AGURSCOPE_TSNE=str(out), AGURSCOPE_TSNE_D=str(DIMS))
    subprocess.run([go_test, "-test.run", "^TestCompare$"], env=env, check=True, stdout=subprocess.DEVNULL)
    done = json.loads((out / "ours.json").read_text())
    return np.fromfile(out / "ours.f32", np.float32).reshape(-1, 2), done["seconds"], done["kl"]


def theirs(x):
    with threadpool_limits(THREADS):
        start = time.perf_counter()
        t = TSNE(n_jobs=THREADS, perplexity=PERPLEXITY, init="pca", learning_rate="auto", random_state=0)
        y = t.fit_transform(x)
        return y, time.perf_counter() - start, float(t.kl_divergence_)


def main():
    go_test, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    x, labels = features(out / "features.f32")
    y, *_ = np.split(x[:600, :2], 1)
    a, b = trust(x[:600], y, [5])[0], trustworthiness(x[:600], y, n_neighbors=5)
    assert abs(a - b) < 1e-9, (a, b)

    p = neighbourhoods(x)
    rows = {}
    for name, run in {"scikit-learn": lambda: theirs(x), "agurscope": lambda: ours(go_test, out)}.items():
        y, seconds, own = run()
        t5, t30 = trust(x, y, [5, 30])
        rows[name] = dict(seconds=seconds, kl=divergence(p, y), own=own, t5=t5, t30=t30, same=agreement(y, labels))
    print(f"Fashion-MNIST, {N} x {DIMS}, perplexity {PERPLEXITY}, {THREADS} threads each")
    print(f"{'':14}{'seconds':>9}{'KL':>9}{'own KL':>9}{'trust 5':>9}{'trust 30':>10}{'same label':>12}")
    for name, r in rows.items():
        print(f"{name:14}{r['seconds']:9.2f}{r['kl']:9.4f}{r['own']:9.4f}{r['t5']:9.4f}{r['t30']:10.4f}{r['same']:12.4f}")
    s, a = rows["scikit-learn"], rows["agurscope"]
    bars = {
        f"KL {a['kl'] / s['kl'] - 1:+.2%} (at most +2 %)": a["kl"] <= 1.02 * s["kl"],
        f"trustworthiness {a['t5'] - s['t5']:+.4f} (not lower)": a["t5"] >= s["t5"],
        f"{s['seconds'] / a['seconds']:.1f} times as fast (at least 2)": s["seconds"] >= 2 * a["seconds"],
    }
    for text, met in bars.items():
        print("  met   " if met else "  MISSED", text)
    sys.exit(0 if all(bars.values()) else 1)


if __name__ == "__main__":
    main()
