"""Generates fixtures.json of nn/metrics and hysteresis.json of nn/segment.

Reference values come from the public implementations pinned here, and, for
AUPRO, from its published definition written out in plain loops:

    python -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 scikit-image==0.26.0
    venv/bin/python generate.py

The seeds are fixed; running it again gives the same files.

Where definitions part ways:
* scikit-learn gives an average precision of 0 without positive examples; the
  Go code calls that undefined, and so does the fixture (null).
* scikit-learn averages balanced accuracy over the classes that are present;
  the Go code calls it undefined unless both are, and so does the fixture.
* skimage.filters.apply_hysteresis_threshold compares with > and connects
  pixels over their sides only (scipy's default). The Go code compares with >=
  by rule, so the thresholds passed here are the next smaller float32; corners
  are added in a second mask computed with scipy.ndimage.label in the same way.
"""

import json
import pathlib
import warnings

import numpy as np
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold
from skimage.measure import label as skimage_label
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(20240611)


def number(v):
    """A float for JSON, null where it is undefined."""
    v = float(v)
    return None if np.isnan(v) else v


def ranking_case(name, scores, labels, threshold):
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels, int)
    called = (scores >= threshold).astype(int)
    both = 0 < labels.sum() < len(labels)
    some = labels.sum() > 0
    undefined = dict(zero_division=np.nan)
    case = dict(
        name=name, scores=scores.tolist(), labels=[bool(v) for v in labels], threshold=threshold,
        auroc=number(sk.roc_auc_score(labels, scores)) if both else None,
        ap=number(sk.average_precision_score(labels, scores)) if some else None,
        f1=number(sk.f1_score(labels, called, **undefined)),
        precision=number(sk.precision_score(labels, called, **undefined)),
        recall=number(sk.recall_score(labels, called, **undefined)),
        accuracy=number(sk.accuracy_score(labels, called)),
        balanced=number(sk.balanced_accuracy_score(labels, called)) if both else None,
        fpr=[], tpr=[], curve_precision=[], curve_recall=[],
    )
    if both:
        fpr, tpr, _ = sk.roc_curve(labels, scores, drop_intermediate=False)
        case.update(fpr=fpr.tolist(), tpr=tpr.tolist())
    if some:
        p, r, _ = sk.precision_recall_curve(labels, scores, drop_intermediate=False)
        case.update(curve_precision=p[:-1][::-1].tolist(), curve_recall=r[:-1][::-1].tolist())
    return case


def ranking():
    cases = []
    for i in range(12):
        n = int(rng.integers(5, 120))
        labels = rng.random(n) < rng.uniform(0.1, 0.7)
        labels[:2] = [False, True]
        scores = rng.normal(size=n) + labels * rng.uniform(0, 2)
        if i % 3 == 1:
            scores = np.round(scores * 4) / 4  # many ties
        if i % 3 == 2:
            scores = np.round(scores)  # hardly anything but ties
        threshold = float(rng.choice(scores))  # exactly at a score
        cases.append(ranking_case(f"random {i}", scores, labels, threshold))
    cases += [
        ranking_case("one tie across classes", [1, 2, 2, 3], [0, 0, 1, 1], 2.0),
        ranking_case("all scores equal", [5, 5, 5, 5, 5], [0, 1, 0, 1, 1], 5.0),
        ranking_case("perfect", [1, 2, 3, 4], [0, 0, 1, 1], 3.0),
        ranking_case("inverted", [1, 2, 3, 4], [1, 1, 0, 0], 3.0),
        ranking_case("no damaged example", [1, 2, 3], [0, 0, 0], 2.0),
        ranking_case("no damaged example, none called", [1, 2, 3], [0, 0, 0], 9.0),
        ranking_case("no good example", [1, 2, 3], [1, 1, 1], 2.0),
        ranking_case("nothing called", [1, 2, 3], [0, 1, 1], 9.0),
        ranking_case("a single damaged example", [0.5], [1], 0.5),
        ranking_case("negative and huge", [-1e300, -1, 0, 1e-300, 1e300], [0, 1, 0, 1, 1], 0.0),
    ]
    return cases


def statistics():
    cases = []
    for n in (1, 2, 3, 4, 5, 10, 37):
        v = np.round(rng.normal(size=n) * 3, 3 if n % 2 else 0)
        q = [0, 0.1, 0.25, 0.5, 0.9, 0.95, 0.999, 1]
        med = np.median(v)
        cases.append(dict(
            values=v.tolist(), q=q, quantiles=[float(np.quantile(v, x)) for x in q],
            mean=float(v.mean()), std=number(v.std(ddof=1)) if n > 1 else None,
            median=float(med), mad=float(np.median(np.abs(v - med))),
        ))
    return cases


def regions(mask):
    """Lists of the pixels of each 8-connected region, by plain flood fill."""
    h, w = mask.shape
    seen, found = set(), []
    for y in range(h):
        for x in range(w):
            if not mask[y, x] or (y, x) in seen:
                continue
            seen.add((y, x))
            todo, region = [(y, x)], []
            while todo:
                v, u = todo.pop()
                region.append((v, u))
                for dv in (-1, 0, 1):
                    for du in (-1, 0, 1):
                        p = (v + dv, u + du)
                        if 0 <= p[0] < h and 0 <= p[1] < w and mask[p] and p not in seen:
                            seen.add(p)
                            todo.append(p)
            found.append(region)
    assert len(found) == skimage_label(mask, connectivity=2).max()
    return found


def aupro(maps, masks, limit):
    """The per-region-overlap curve of Bergmann et al., literally: one
    threshold after another, one region after another, one pixel after
    another."""
    thresholds = sorted({float(v) for m in maps for v in m.ravel()}, reverse=True)
    parts = [(m, r) for m, k in zip(maps, masks) for r in regions(k)]
    good = sum(int((~k).sum()) for k in masks)
    if not parts or not good:
        return None
    curve = [(0.0, 0.0)]
    for t in thresholds:
        false = 0
        for m, k in zip(maps, masks):
            for v, bad in zip(m.ravel(), k.ravel()):
                if v >= t and not bad:
                    false += 1
        overlaps = []
        for m, region in parts:
            covered = 0
            for p in region:
                if m[p] >= t:
                    covered += 1
            overlaps.append(covered / len(region))
        curve.append((false / good, sum(overlaps) / len(overlaps)))
    area = 0.0
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        if x0 >= limit:
            break
        if x1 > limit:
            y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
            x1 = limit
        area += (x1 - x0) * (y0 + y1) / 2
    return area / limit


def pixel_case(name, maps, masks):
    """Maps hold multiples of 1/64 and are stored as integers."""
    flat = np.concatenate([m.ravel() for m in maps])
    truth = np.concatenate([k.ravel() for k in masks]).astype(int)
    both = 0 < truth.sum() < len(truth)
    h, w = maps[0].shape
    return dict(
        name=name, w=w, h=h, scale=64,
        maps=[[int(v) for v in (m.ravel() * 64)] for m in maps],
        masks=["".join("01"[int(v)] for v in k.ravel()) for k in masks],
        auroc=number(sk.roc_auc_score(truth, flat)) if both else None,
        ap=number(sk.average_precision_score(truth, flat)) if truth.sum() else None,
        aupro30=aupro(maps, masks, 0.3), aupro05=aupro(maps, masks, 0.05), aupro100=aupro(maps, masks, 1.0),
    )


def blobs(h, w, n, big=5.0):
    yy, xx = np.mgrid[0:h, 0:w]
    mask = np.zeros((h, w), bool)
    for _ in range(n):
        cy, cx, r = rng.uniform(0, h), rng.uniform(0, w), rng.uniform(0.8, big)
        mask |= (yy - cy) ** 2 + (xx - cx) ** 2 < r * r
    return mask


def pixels():
    cases = []
    for i in range(5):
        h, w = int(rng.integers(10, 22)), int(rng.integers(10, 22))
        maps, masks = [], []
        for j in range(3):
            mask = blobs(h, w, int(rng.integers(1, 5))) if j else np.zeros((h, w), bool)
            m = ndimage.gaussian_filter(mask.astype(float), rng.uniform(0.5, 2)) * rng.uniform(0.5, 2)
            m += np.abs(rng.normal(size=(h, w))) * rng.uniform(0.1, 0.6)
            step = (64, 16, 4, 64, 2)[i]  # from few ties to hardly anything else
            maps.append(np.round(m * step) / step)
            masks.append(mask)
        cases.append(pixel_case(f"random {i}", maps, masks))
    flat = np.full((8, 8), 0.5)
    corner = np.zeros((8, 8), bool)
    corner[1, 1] = corner[2, 2] = corner[6, 1] = True  # the first two touch at a corner
    cases.append(pixel_case("one value everywhere", [flat], [corner]))
    cases.append(pixel_case("perfect", [corner * 1.0], [corner]))
    cases.append(pixel_case("inverted", [1.0 - corner], [corner]))
    cases.append(pixel_case("no damage", [flat], [np.zeros((8, 8), bool)]))
    cases.append(pixel_case("nothing but damage", [flat], [np.ones((8, 8), bool)]))
    return cases


def hysteresis_eight(image, low, high):
    labels, n = ndimage.label(image > low, structure=np.ones((3, 3)))
    strong = ndimage.sum(image > high, labels, np.arange(n + 1)) > 0
    strong[0] = False
    return strong[labels]


def hysteresis():
    cases = []
    for i in range(24):
        h, w = int(rng.integers(5, 24)), int(rng.integers(5, 80))
        m = rng.normal(size=(h, w))
        if i % 2:
            m = ndimage.gaussian_filter(m, 1.0) * 3
        m = (np.round(np.abs(m) * 16) / 16).astype(np.float32)
        low, high = float(rng.choice(m.ravel())), float(rng.choice(m.ravel()))
        if i % 8:
            low, high = min(low, high), max(low, high)  # else perhaps the wrong way round
        below = [np.nextafter(np.float32(t), np.float32(-np.inf)) for t in (min(low, high), high)]
        bits = lambda mask: "".join("01"[int(v)] for v in mask.ravel())
        cases.append(dict(
            w=w, h=h, map=[float(v) for v in m.ravel()], low=low, high=high,
            four=bits(apply_hysteresis_threshold(m, *below)), eight=bits(hysteresis_eight(m, *below)),
        ))
    return cases


def lines(items):
    return "[\n" + ",\n".join(json.dumps(v) for v in items) + "\n]"


fixtures = dict(ranking=ranking(), statistics=statistics(), pixels=pixels())
text = "{\n" + ",\n".join(f'"{k}": {lines(v)}' for k, v in fixtures.items()) + "\n}\n"
(HERE / "fixtures.json").write_text(text)
(HERE.parent.parent / "segment" / "testdata" / "hysteresis.json").write_text(lines(hysteresis()) + "\n")
