"""PyTorch on the same network and the same card: pytorch.py RECIPE.agur OURS.json

Prints a table of the forward pass of one picture and of a training step of eight,
ours from “agurscope bench --json”, PyTorch's in f32 (TF32 off, as ours) channels
last, as written and compiled, whichever is faster. Without PyTorch or a card it says
so and prints ours alone. Never run on a card so far.
"""
import json
import os
import sys
import time

recipe, ours = sys.argv[1:]
with open(ours) as f:
    ours = json.load(f)
rows = [("agurscope " + ours["engine"], ours["forward_ms"]["p50"], ours["train_step_ms"])]


def measure():
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed"
    if not torch.cuda.is_available():
        return "PyTorch finds no card"
    peers = os.path.join(os.path.dirname(__file__), "../../nn/onnx/peers")
    if not os.path.exists(os.path.join(peers, "network.py")):
        return "nn/onnx/peers/network.py, the network in PyTorch, is not there"
    sys.path.insert(0, peers)
    from network import AgurNet

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    last = torch.channels_last
    net = AgurNet(recipe).cuda().to(memory_format=last)
    shape = (3, net.network["height"], net.network["width"])

    def median(f, rounds):
        took = []
        for i in range(rounds + 5):
            torch.cuda.synchronize()
            start = time.perf_counter()
            f()
            torch.cuda.synchronize()
            took.append(1e3 * (time.perf_counter() - start))
        return sorted(took[5:])[rounds // 2]

    x = torch.rand(1, *shape)
    clean = torch.rand(8, *shape).cuda().contiguous(memory_format=last)
    mask = (torch.rand(8, 1, *shape[1:]) > 0.95).float().cuda()
    damaged = (clean + 0.1 * torch.rand_like(clean)).contiguous(memory_format=last)
    adam = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], 1e-3)

    def forward(f):
        # The picture comes from the host and the maps go back, as with ours.
        with torch.inference_mode():
            for v in f(x.cuda().contiguous(memory_format=last)):
                v.cpu()

    def step(f):
        adam.zero_grad(set_to_none=True)
        f(damaged, clean, mask).backward()
        adam.step()

    for name, wrap in (("as written", lambda f: f), ("compiled", lambda f: torch.compile(f, mode="max-autotune"))):
        net.eval()
        run = wrap(net)
        one = median(lambda: forward(run), 50)
        net.train()
        loss = wrap(net.loss)
        rows.append((f"PyTorch {torch.__version__}, {name}", one, median(lambda: step(loss), 20)))
    return None


missing = measure()
print(f"AGUR-Net {ours['size']} {ours['width']}x{ours['height']} on {ours['description']}")
print(f"{'':36}{'forward ms':>12}{'step of 8 ms':>14}")
for name, forward, step in rows:
    print(f"{name:36}{forward:12.2f}{step:14.1f}")
if missing:
    print(f"PyTorch is not in the table: {missing}.")
