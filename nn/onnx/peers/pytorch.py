"""PyTorch on the same network: pytorch.py forward|train RECIPE.agur PICTURE.bin THREADS BATCH

Its best settings: channels last, and of the ways to run it (as written, traced and
frozen, compiled) the one that is fastest here. The caller tunes the allocator.
"""
import os
import sys
import warnings

import numpy as np
import torch

from network import AgurNet
from peer import CHECKED, clock, serve

warnings.filterwarnings("ignore")
kind, recipe, picture, threads, batch = sys.argv[1:]
torch.set_num_threads(int(threads))
net = AgurNet(recipe)
shape = (3, net.network["height"], net.network["width"])
last = torch.channels_last


def fastest(ways):
    """Returns the name and the function of the way that takes least time."""
    best = None
    for name, make in ways:
        try:
            f = make()
            f(), f()
            took = []
            for _ in range(3):
                start = clock()
                f()
                took.append(clock() - start)
        except Exception as e:
            print(f"{name} does not run here: {str(e).splitlines()[0]}", file=sys.stderr)
            continue
        print(f"PyTorch {kind}, {name}: {1e3 * min(took):.1f} ms", file=sys.stderr)
        if best is None or min(took) < best[0]:
            best = (min(took), name, f)
    return best[1], best[2]


def compiled(f):
    if os.environ.get("PEERS_COMPILE") == "0":
        raise RuntimeError("not asked for")
    return torch.compile(f)


def forward():
    net.eval()
    x = torch.from_numpy(np.fromfile(picture, "<f4").reshape(1, *shape)).contiguous(memory_format=last)

    def run(f):
        def once():
            with torch.inference_mode():
                return f(x)

        return once

    def frozen():
        with torch.no_grad():
            return run(torch.jit.optimize_for_inference(torch.jit.trace(net, x)))

    name, once = fastest([("as written", lambda: run(net)), ("frozen", frozen), ("compiled", lambda: run(compiled(net)))])

    def outputs():
        y, residual, _, logits = once()[:4]
        return dict(zip(CHECKED, [v.contiguous().numpy() for v in (y, residual, logits)]))

    return name, once, outputs


def train():
    net.train()
    n = int(batch)
    clean = torch.rand(n, *shape).contiguous(memory_format=last)
    damaged = (clean + 0.1 * torch.rand(n, *shape)).contiguous(memory_format=last)
    mask = (torch.rand(n, 1, *shape[1:]) > 0.95).float()
    trained = [p for p in net.parameters() if p.requires_grad]
    average = [p.detach().clone() for p in trained]
    optimiser = torch.optim.AdamW(trained, lr=1e-4, weight_decay=1e-4, fused=True)

    def step(loss):
        def once():
            optimiser.zero_grad(set_to_none=True)
            loss(damaged, clean, mask).backward()
            torch.nn.utils.clip_grad_norm_(trained, 5.0)
            optimiser.step()
            with torch.no_grad():
                torch._foreach_lerp_(average, trained, 0.01)

        return once

    name, once = fastest([("as written", lambda: step(net.loss)), ("compiled", lambda: step(compiled(net.loss)))])
    return name, once, lambda: {}


name, once, outputs = {"forward": forward, "train": train}[kind]()
serve(f"PyTorch {torch.__version__}, {name}", once, outputs)
