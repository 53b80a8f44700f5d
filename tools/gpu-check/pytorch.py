"""Training steps in PyTorch, to time programs against: eager or compiled.

    pytorch.py MODEL eager|compile f32|bf16 BATCH LENGTH STEPS

MODEL is gpt2-124m, llama-1b or resnet50; LENGTH is the tokens of a row, or the edge of an image.
Prints one JSON object: median milliseconds of a step, and the peaks of the bytes that
PyTorch's allocator gave out and that it reserved on the card.
"""
import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def attend(q, k, v):
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=k.shape[1] < q.shape[1])
    return y.transpose(1, 2).flatten(2)


class GptBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.proj(attend(*(part.unflatten(2, (self.heads, -1)).transpose(1, 2)
                                   for part in self.attn(self.ln_1(x)).chunk(3, -1))))
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh"))


class Gpt2(nn.Module):
    def __init__(self, words=50257, places=1024, width=768, layers=12, heads=12):
        super().__init__()
        self.words = words
        self.wte, self.wpe = nn.Embedding(words, width), nn.Embedding(places, width)
        self.blocks = nn.ModuleList(GptBlock(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


class LlamaBlock(nn.Module):
    def __init__(self, width, heads, shared, inner):
        super().__init__()
        self.head = width // heads
        self.norm_1, self.norm_2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.q, self.o = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.k, self.v = (nn.Linear(width, shared * self.head, bias=False) for _ in range(2))
        self.gate, self.up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin):
        def turned(y):
            first, second = y.chunk(2, -1)
            return y * cos + torch.cat((-second, first), -1) * sin

        h = self.norm_1(x)
        q, k, v = (part(h).unflatten(2, (-1, self.head)).transpose(1, 2)
                   for part in (self.q, self.k, self.v))
        x = x + self.o(attend(turned(q), turned(k), v))
        h = self.norm_2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    def __init__(self, words=128256, width=2048, layers=16, heads=32, shared=8, inner=8192):
        super().__init__()
        self.words, self.head = words, width // heads
        self.embed = nn.Embedding(words, width)
        self.blocks = nn.ModuleList(LlamaBlock(width, heads, shared, inner)
                                    for _ in range(layers))
        self.norm = nn.RMSNorm(width)

    def forward(self, tokens):
        x = self.embed(tokens)
        places = torch.arange(tokens.shape[1], device=x.device)[:, None]
        rates = 500000.0 ** (-torch.arange(0, self.head, 2, device=x.device) / self.head)
        angles = torch.cat((places * rates, places * rates), -1)
        for block in self.blocks:
            x = block(x, angles.cos(), angles.sin())
        return self.norm(x) @ self.embed.weight.T


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width))
        self.short = nn.Identity() if stride == 1 and inputs == 4 * width else nn.Sequential(
            nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))


class ResNet50(nn.Module):
    words = 1000

    def __init__(self):
        super().__init__()
        blocks, inputs = [], 64
        for stage, (width, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
            for i in range(count):
                blocks.append(Bottleneck(inputs, width, 2 if stage and i == 0 else 1))
                inputs = 4 * width
        self.body = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64),
                                  nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
                                  nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))

    def forward(self, x):
        return self.body(x)


MODELS = {"gpt2-124m": Gpt2, "llama-1b": Llama, "resnet50": ResNet50}


def batch_of(model, batch, length):
    if isinstance(model, ResNet50):
        return (torch.randn(batch, 3, length, length, device="cuda"),
                torch.randint(1000, (batch,), device="cuda"))
    tokens = torch.randint(model.words, (batch, length + 1), device="cuda")
    return tokens[:, :-1], tokens[:, 1:]


def main(name, kind, precision, batch, length, steps):
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    model = MODELS[name]().cuda()
    forward = torch.compile(model) if kind == "compile" else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    inputs, labels = batch_of(model, batch, length)
    times = []
    for _ in range(steps + 3):
        torch.cuda.synchronize()
        began = time.perf_counter()
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            logits = forward(inputs)
        loss = F.cross_entropy(logits.flatten(0, -2).float(), labels.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(1e3 * (time.perf_counter() - began))
    print(json.dumps({"kind": kind, "precision": precision, "ms": statistics.median(times[3:]),
                      "peak_bytes": torch.cuda.max_memory_allocated(),
                      "reserved_bytes": torch.cuda.max_memory_reserved(), "torch": torch.__version__,
                      "parameters": sum(p.numel() for p in model.parameters())}))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:7]))
