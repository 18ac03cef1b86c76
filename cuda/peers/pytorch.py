"""PyTorch on the same network and the same card: pytorch.py RECIPE.agur OURS.json…

Prints a table of the forward pass of one picture and of a training step of eight:
ours from files of “agurscope bench --json”, one a precision, and PyTorch's, channels
last, as written and compiled, in f32 (TF32 off, as ours), in TF32 and in bf16 (autocast;
inference alone, as ours). Without PyTorch or a card it says so and prints ours alone.
--device cpu and --rounds 1 show that the script itself works. Never run on a card so far.
"""
import argparse
import contextlib
import json
import os
import sys
import time

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("recipe")
arguments.add_argument("ours", nargs="+")
arguments.add_argument("--device", default="cuda")
arguments.add_argument("--rounds", type=int, default=50)
arguments = arguments.parse_args()

PRECISIONS = ["f32", "tf32", "bf16"]
ours = []
for path in arguments.ours:
    with open(path) as f:
        ours.append(json.load(f))
ours.sort(key=lambda o: PRECISIONS.index(o["precision"]))
rows = [(f"agurscope {o['engine']}, {o['precision']}", o["forward_ms"]["p50"], o["train_step_ms"]) for o in ours]


def measure():
    """Adds PyTorch's rows; returns why there are none, if so."""
    try:
        import torch
    except ImportError:
        return "it is not installed"
    card = arguments.device == "cuda"
    if card and not torch.cuda.is_available():
        return "it finds no card"
    peers = os.path.join(os.path.dirname(__file__), "../../nn/onnx/peers")
    if not os.path.exists(os.path.join(peers, "network.py")):
        return "nn/onnx/peers/network.py, the network in PyTorch, is not there"
    sys.path.insert(0, peers)
    from network import AgurNet

    torch.backends.cudnn.benchmark = True
    last = torch.channels_last
    device = torch.device(arguments.device)
    net = AgurNet(arguments.recipe).to(device, memory_format=last)
    shape = (3, net.network["height"], net.network["width"])
    wait = torch.cuda.synchronize if card else lambda: None

    def median(f):
        took = []
        warm = min(5, arguments.rounds)
        for _ in range(warm + arguments.rounds):
            wait()
            start = time.perf_counter()
            f()
            wait()
            took.append(1e3 * (time.perf_counter() - start))
        return sorted(took[warm:])[arguments.rounds // 2]

    x = torch.rand(1, *shape)
    clean = torch.rand(8, *shape).to(device).contiguous(memory_format=last)
    mask = (torch.rand(8, 1, *shape[1:]) > 0.95).float().to(device)
    damaged = (clean + 0.1 * torch.rand_like(clean)).contiguous(memory_format=last)
    adam = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], 1e-3)

    def forward(f, cast):
        # The picture comes from the host and the maps go back, as with ours.
        with torch.inference_mode(), cast():
            for v in f(x.to(device).contiguous(memory_format=last)):
                v.float().cpu()

    def step(f):
        adam.zero_grad(set_to_none=True)
        f(damaged, clean, mask).backward()
        adam.step()

    ways = [("as written", lambda f: f)]
    if card and hasattr(torch, "compile"):
        ways.append(("compiled", lambda f: torch.compile(f, mode="max-autotune")))
    for precision in PRECISIONS if card else ["f32", "bf16"]:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        cast = contextlib.nullcontext
        if precision == "bf16":
            cast = lambda: torch.autocast(arguments.device, torch.bfloat16)
        for name, wrap in ways:
            net.eval()
            run = wrap(net.forward)
            one = median(lambda: forward(run, cast))
            eight = None
            if precision == "f32":
                net.train()
                loss = wrap(net.loss)
                eight = median(lambda: step(loss))
            rows.append((f"PyTorch {torch.__version__}, {precision}, {name}", one, eight))
    return None


missing = measure()
print("AGUR-Net {size} {width}x{height} on {description}".format(**ours[0]))
print(f"{'':40}{'forward ms':>12}{'step of 8 ms':>14}")
for name, forward, step in rows:
    print(f"{name:40}{forward:12.2f}" + (f"{step:14.1f}" if step else f"{'–':>14}"))
if missing:
    print(f"PyTorch is not in the table: {missing}.")
