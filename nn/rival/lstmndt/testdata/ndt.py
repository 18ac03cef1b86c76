#!/usr/bin/env python3
"""Writes ndt.json: nonparametric dynamic thresholds of random sequences.

Written from the formulas of Hundman et al. 2018 (sections 3.2 and 3.3), with one
neighbour as the buffer, independently of the Go code that is tested with it:

    python3 ndt.py > ndt.json
"""
import itertools
import json
import random
import statistics


def groups(indices):
    """Runs of consecutive whole numbers."""
    out = []
    for _, g in itertools.groupby(enumerate(sorted(indices)), lambda p: p[1] - p[0]):
        run = [i for _, i in g]
        out.append((run[0], run[-1]))
    return out


def threshold(e):
    mu, sd = statistics.fmean(e), statistics.pstdev(e)
    best, chosen, found = None, mu + 12 * sd, []
    z = 2.5
    while z < 12:
        eps = mu + z * sd
        pruned = [v for v in e if v < eps]
        anomalous = set()
        for i, v in enumerate(e):
            if v > eps:
                anomalous |= {k for k in (i - 1, i, i + 1) if 0 <= k < len(e)}
        if anomalous and pruned:
            seqs = groups(anomalous)
            gain = (mu - statistics.fmean(pruned)) / mu + (sd - statistics.pstdev(pruned)) / sd
            score = gain / (len(seqs) ** 2 + len(anomalous))
            if (best is None or score >= best) and len(seqs) <= 5 and len(anomalous) < 0.5 * len(e):
                best, chosen, found = score, eps, seqs
        z += 0.5
    return chosen, found


def prune(e, seqs, p):
    """As telemanom does it: forget what was marked at every large enough drop."""
    inside = {i for a, b in seqs for i in range(a, b + 1)}
    tops = sorted(((max(e[a : b + 1]), (a, b)) for a, b in seqs), key=lambda t: -t[0])
    values = [t for t, _ in tops] + [max([v for i, v in enumerate(e) if i not in inside], default=0.0)]
    remove = []
    for i in range(len(values) - 1):
        if (values[i] - values[i + 1]) / values[i] < p:
            remove.append(i)
        else:
            remove = []
    gone = {tops[i][1] for i in remove}
    return [s for s in seqs if s not in gone]


def main():
    rng = random.Random(1)
    cases = []
    for k in range(60):
        n = rng.choice([32, 64, 256])
        e = [abs(rng.gauss(0, 1)) + 0.5 for _ in range(n)]
        for _ in range(k % 7):
            at, length, height = rng.randrange(n), rng.randrange(1, 9), rng.uniform(2, 30)
            for i in range(at, min(n, at + length)):
                e[i] += height * rng.uniform(0.7, 1)
        e = [round(v, 6) for v in e]
        eps, seqs = threshold(e)
        cases.append({"errors": e, "epsilon": eps, "runs": seqs, "kept": prune(e, seqs, 0.13)})
    cases.append({"errors": [1.0] * 32, "epsilon": 1.0, "runs": [], "kept": []})
    print(json.dumps(cases))


main()
