#!/usr/bin/env python3
"""Reference values for the tests of package spc, by other people's code where
there is some: scikit-learn for Cohen's kappa, scipy for Wilson's interval and
pandas-free numpy for the rest. Needs Debian's python3-sklearn. Run it as
    python3 reference.py > reference.json
"""
import json
import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

rng = np.random.default_rng(7)
out = {}

# Cohen's kappa of random answers that agree more or less often.
out["cohen"] = []
for n, agree, k in [(30, 0.9, 2), (200, 0.5, 4), (1000, 0.0, 3), (12, 1.0, 3)]:
    a = rng.integers(0, k, n)
    b = np.where(rng.random(n) < agree, a, rng.integers(0, k, n))
    out["cohen"].append({"a": a.tolist(), "b": b.tolist(), "kappa": float(cohen_kappa_score(a, b))})

# Fleiss' kappa through its definition by pairs: of all pairs of answers to one
# part the share that agrees, against that of all answers thrown together.
out["fleiss"] = []
for n, raters, k in [(20, 3, 2), (50, 6, 4)]:
    answers = np.where(rng.random((n, raters)) < 0.7, rng.integers(0, k, (n, 1)), rng.integers(0, k, (n, raters)))
    agree = np.mean([np.mean([row[i] == row[j] for i in range(raters) for j in range(i)]) for row in answers])
    flat = answers.ravel()
    chance = np.mean(flat[:, None] == flat[None, :])
    table = [[int((row == c).sum()) for c in range(k)] for row in answers]
    out["fleiss"].append({"table": table, "kappa": float((agree - chance) / (1 - chance))})

# Wilson's interval.
out["wilson"] = []
for k, n in [(0, 5), (3, 10), (7, 20), (50, 50), (1, 1000)]:
    ci = binomtest(k, n).proportion_ci(0.95, method="wilson")
    out["wilson"].append({"k": k, "n": n, "low": float(ci.low), "high": float(ci.high)})

# EWMA as a weighted sum of everything so far, and its exact variance.
x = rng.normal(10, 2, 60)
x[40:] += 1.5
mean, sd, lam, width = float(x[:30].mean()), float(x[:30].std(ddof=1)), 0.1, 2.7
points = []
for i in range(1, len(x) + 1):
    w = lam * (1 - lam) ** np.arange(i - 1, -1, -1.0)
    z = (1 - lam) ** i * mean + (w * x[:i]).sum()
    s = sd * np.sqrt((w**2).sum())
    points.append([float(z), float(mean - width * s), float(mean + width * s)])
out["ewma"] = {"x": x.tolist(), "baseline": 30, "lambda": lam, "width": width, "mean": mean, "sd": sd, "points": points}

# A p-chart with groups of different size.
n = rng.integers(20, 300, 25)
d = rng.binomial(n, 0.06)
d[17] = n[17] // 3
p = d.sum() / n.sum()
s = np.sqrt(p * (1 - p) / n)
out["pchart"] = {
    "n": n.tolist(), "d": d.tolist(), "centre": float(p),
    "lower": np.clip(p - 3 * s, 0, 1).tolist(), "upper": np.clip(p + 3 * s, 0, 1).tolist(),
    "out": [bool(v) for v in (np.abs(d / n - p) > 3 * s)],
}
print(json.dumps(out))
