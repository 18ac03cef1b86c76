"""Generates fixtures.json of nn/cluster from the public implementations pinned here:

    python -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    venv/bin/python generate.py

The seeds are fixed; running it again gives the same file.

scikit-learn's HDBSCAN calls its noise -1, as we do; its groups are numbered in
another order, so the Go test compares partitions. Mutual reachability has many
ties, and which way scikit-learn breaks them depends on the order of the vectors;
only sets are taken whose groups are the same in every order.
"""

import json
import pathlib

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.datasets import make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_samples, silhouette_score
from sklearn.neighbors import NearestNeighbors


def blobs(seed):
    x, _ = make_blobs(240, 5, centers=4, cluster_std=[0.5, 1, 1.5, 0.7], random_state=seed)
    return "blobs", x, 10, 5


def unequal(seed):
    x, _ = make_blobs([150, 40, 14], 3, centers=None, cluster_std=0.8, random_state=seed)
    noise = np.random.default_rng(seed).uniform(-12, 12, (40, 3))
    return "unequal blobs among noise", np.vstack((x, noise)), 12, 6


def moons(seed):
    x, _ = make_moons(200, noise=0.06, random_state=seed)
    return "moons", x, 15, 8


def none(seed):
    return "no groups", np.random.default_rng(seed).normal(size=(150, 4)), 10, 10


def touching(seed):
    x, _ = make_blobs(300, 8, centers=6, cluster_std=2.2, random_state=seed)
    return "touching blobs", x, 6, 3


def sets():
    for make in (blobs, unequal, moons, none, touching):
        yield next(s for s in map(make, range(100)) if settled(*s[1:]))


def settled(x, size, samples):
    """Whether the groups are the same in every order of the vectors."""
    x = x.astype(np.float32)
    labels = groups_of(x, size, samples)
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(x))
        again = groups_of(x[order], size, samples)
        if not len(set(zip(labels[order], again))) == len(set(labels)) == len(set(again)):
            return False
    return True


def groups_of(x, size, samples):
    return HDBSCAN(min_cluster_size=size, min_samples=samples, copy=True).fit_predict(x.astype(np.float64))


def case(name, x, size, samples):
    x = x.astype(np.float32)
    labels = groups_of(x, size, samples)
    flat = PCA(2, svd_solver="full").fit_transform(x).astype(np.float32)
    some = labels >= 0
    groups = len(set(labels[some]))
    near = NearestNeighbors(n_neighbors=8).fit(x).kneighbors(return_distance=False)
    return {
        "name": name, "size": size, "samples": samples, "d": x.shape[1], "x": x.ravel().tolist(),
        "flat": flat.ravel().tolist(), "labels": labels.tolist(),
        "silhouette": float(silhouette_score(x[some], labels[some])) if groups > 1 else None,
        "silhouettes": silhouette_samples(x[some], labels[some]).tolist() if groups > 1 else None,
        "agreement": float((labels[near] == labels[:, None])[some].mean()) if some.any() else None,
        "trustworthiness": {str(k): float(trustworthiness(x, flat, n_neighbors=k)) for k in (1, 5, 30)},
    }


out = pathlib.Path(__file__).with_name("fixtures.json")
out.write_text("[\n" + ",\n".join(json.dumps(case(*s)) for s in sets()) + "\n]\n")
