"""AGUR-Net with its scoring network, its maps and its losses in PyTorch.

Written anew from the description of the network, with the weights of a recipe
(NAME.agur). bench-peers checks that it computes what the exported ONNX file does
before it measures anything.
"""
import json
import math
import struct
import zipfile

import torch
import torch.nn.functional as F
from torch import nn

SIZES = {
    "T": dict(widths=[16, 32, 64, 96], blocks=[1, 1, 1, 1], rates=[1, 2, 4]),
    "B": dict(widths=[32, 48, 96, 128], blocks=[1, 1, 2, 2], rates=[2, 4, 6]),
    "L": dict(widths=[64, 128, 256, 384], blocks=[2, 2, 2, 2], rates=[3, 6, 9]),
}


def read_recipe(path):
    """Returns the description of the network and its tensors by name."""
    with zipfile.ZipFile(path) as z:
        network = json.loads(z.read("recipe.json"))["network"]
        raw = z.read("weights.safetensors")
    n = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name == "__metadata__" or t["dtype"] != "F32":
            continue
        begin, end = t["data_offsets"]
        flat = torch.frombuffer(bytearray(raw[8 + n + begin : 8 + n + end]), dtype=torch.float32)
        tensors[name] = flat.reshape(t["shape"])
    return network, tensors


def gaussian(sigma, radius):
    k = torch.tensor([math.exp(-(i * i) / (2 * sigma * sigma)) for i in range(-radius, radius + 1)], dtype=torch.float64)
    return (k / k.sum()).float()


def separable(x, taps):
    """Applies taps to the rows and the columns of every plane."""
    c, r = x.shape[1], len(taps) // 2
    x = F.conv2d(x, taps.view(1, 1, -1, 1).expand(c, 1, -1, 1), padding=(r, 0), groups=c)
    return F.conv2d(x, taps.view(1, 1, 1, -1).expand(c, 1, 1, -1), padding=(0, r), groups=c)


class AgurNet(nn.Module):
    def __init__(self, recipe):
        super().__init__()
        self.network, tensors = read_recipe(recipe)
        self.size = SIZES[self.network["size"]]
        self.p = nn.ParameterDict()
        for name, t in tensors.items():
            if name.split(".")[0] in ("stem", "head", "aspp", "score") or name[:3] in ("enc", "dec"):
                if t.dim() == 4:
                    t = t.contiguous(memory_format=torch.channels_last)
                statistic = name.endswith((".mean", ".var"))
                self.p[name.replace(".", "/")] = nn.Parameter(t, requires_grad=not statistic)
        short = min(self.network["width"], self.network["height"])
        sigma = min(2 * short / 128, 4)
        self.radius = int(3 * sigma + 0.5)
        self.register_buffer("blur_taps", gaussian(sigma, self.radius))
        self.register_buffer("window", gaussian(1.5, 5))

    def w(self, name):
        return self.p[name.replace(".", "/")]

    def has(self, name):
        return name.replace(".", "/") in self.p

    def conv(self, name, x, stride=1, dilation=1):
        w = self.w(name + ".weight")
        b = self.w(name + ".bias") if self.has(name + ".bias") else None
        return F.conv2d(x, w, b, stride, dilation * (w.shape[2] // 2), dilation)

    def norm(self, name, x, relu=True):
        y = F.batch_norm(x, self.w(name + ".mean"), self.w(name + ".var"), self.w(name + ".gamma"),
                         self.w(name + ".beta"), self.training, 0.1, 1e-5)
        return F.relu(y, inplace=True) if relu else y

    def eca(self, name, x):
        k = self.w(name + ".weight")
        y = F.conv1d(F.adaptive_avg_pool2d(x, 1).flatten(1).unsqueeze(1), k.view(1, 1, -1), padding=len(k) // 2)
        return x * torch.sigmoid(y).squeeze(1)[:, :, None, None]

    def pre_res(self, name, x, c, stride=1):
        a = self.norm(name + ".norm1", x)
        r = self.norm(name + ".norm2", self.conv(name + ".conv1", a, stride))
        r = self.eca(name + ".eca", self.conv(name + ".conv2", r))
        return r + (self.conv(name + ".short", a, stride) if x.shape[1] != c or stride != 1 else x)

    def aspp(self, x):
        parts = [self.norm("aspp.point.norm", self.conv("aspp.point", x))]
        for i, rate in enumerate(self.size["rates"]):
            parts.append(self.norm(f"aspp.rate{i}.norm", self.conv(f"aspp.rate{i}", x, dilation=rate)))
        mean = F.relu(self.conv("aspp.mean", F.adaptive_avg_pool2d(x, 1)))
        parts.append(mean.expand(-1, -1, x.shape[2], x.shape[3]))
        z = self.eca("aspp.eca", torch.cat(parts, 1))
        return x + self.norm("aspp.join.norm", self.conv("aspp.join", z))

    def gate(self, name, x, u):
        q = self.norm(name + ".norm", self.conv(name + ".x", x) + self.conv(name + ".g", u))
        return x * torch.sigmoid(self.conv(name + ".psi", q))

    def up(self, x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    def reconstruct(self, x):
        h, encoder, decoder = self.conv("stem", x, 2), [], []
        for i, (c, blocks) in enumerate(zip(self.size["widths"], self.size["blocks"])):
            for j in range(blocks):
                h = self.pre_res(f"enc{i}.{j}", h, c, 2 if i > 0 and j == 0 else 1)
            encoder.append(h)
        d = self.aspp(h)
        decoder.append(d)
        for i in reversed(range(len(encoder) - 1)):
            u = self.up(self.conv(f"dec{i}.up", d))
            u = torch.cat([u, self.gate(f"dec{i}.gate", encoder[i], u)], 1)
            d = self.pre_res(f"dec{i}.res", u, self.size["widths"][i])
            decoder.append(d)
        u = F.relu(self.conv("head.mix", self.up(self.norm("head.norm", d))))
        return torch.sigmoid(self.conv("head.image", u)), encoder, decoder

    def score(self, x, y):
        y = y.detach()
        z = self.conv("score.stem", torch.cat([x, y, 4 * (x - y).abs()], 1), 2)
        c = z.shape[1]
        a = self.pre_res("score.a", z, c)
        e = self.pre_res("score.b", a, 2 * c, 2)
        h = self.pre_res("score.c1", self.pre_res("score.c0", e, 3 * c, 2), 3 * c)
        h = self.pre_res("score.d1", torch.cat([self.up(self.conv("score.up1", h)), e], 1), 2 * c)
        h = self.pre_res("score.d0", torch.cat([self.up(self.conv("score.up0", h)), a], 1), c)
        h = self.norm("score.norm", h)
        return self.up(self.conv("score.xi", h)), h

    def ssim(self, x, y):
        c = x.shape[1]
        mx, my, xx, yy, xy = separable(torch.cat([x, y, x * x, y * y, x * y], 1), self.window).split(c, 1)
        vx, vy, cov = xx - mx * mx, yy - my * my, xy - mx * my
        return (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4))

    def blur(self, x):
        r = self.radius
        x = F.pad(x, (r, r, r, r), mode="reflect")
        c, k = x.shape[1], self.blur_taps
        x = F.conv2d(x, k.view(1, 1, -1, 1).expand(c, 1, -1, 1), groups=c)
        return F.conv2d(x, k.view(1, 1, 1, -1).expand(c, 1, 1, -1), groups=c)

    def forward(self, x):
        """The detector up to its maps: all outputs of the export."""
        y, encoder, decoder = self.reconstruct(x)
        plain = (x - y).abs().mean(1, keepdim=True)
        full = plain * (1 - self.ssim(x, y).mean(1, keepdim=True))
        residual, plain = self.blur(torch.cat([full, plain], 1)).split(1, 1)
        logits, phi = self.score(x, y)
        embedding = torch.cat([v.mean((2, 3)) for v in (encoder[-1], decoder[-1], phi)], 1)
        eighth = [d for d in decoder if d.shape[2] == x.shape[2] // 8]
        return (y, residual, plain, logits, encoder[1], *eighth, phi, embedding)

    def loss(self, damaged, clean, mask):
        y, _, _ = self.reconstruct(damaged)
        l1 = ((y - clean).abs() * (1 + 4 * mask)).mean()
        ssim = 1 - self.ssim(y, clean).mean()
        amplitude = lambda v: torch.log1p(torch.fft.fft2(v, norm="ortho").abs())
        spectrum = (amplitude(y) - amplitude(clean)).abs().mean()
        s, _ = self.score(damaged, y)
        p = torch.sigmoid(s)
        miss = 1 - (p * mask + (1 - p) * (1 - mask))
        bce = F.binary_cross_entropy_with_logits(s, mask, reduction="none")
        focal = (miss * miss * bce * (1 + 4 * mask)).mean()
        flat = s.flatten(1)
        top = flat.topk(max(16, int(0.005 * flat.shape[1])), 1, sorted=False).values.mean(1)
        hit = (mask.flatten(1).sum(1) > 20).float()
        deviation = ((1 - hit) * F.relu(top + 2) + hit * F.relu(3 - top)).mean()
        return l1 + 0.5 * ssim + 0.1 * spectrum + 5 * focal + 0.05 * deviation
