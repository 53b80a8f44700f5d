#!/usr/bin/env python3
"""Makes training.safetensors: four steps of each optimizer and each loss with its gradient by
PyTorch in f64, stored in f32, for TrainingKernelsTest.cpp. Needs torch and safetensors.

    python make.py
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

STEPS, COUNT, ROWS, CLASSES = 4, 200, 30, 21
torch.manual_seed(5)
start = torch.randn(COUNT)
gradients = torch.randn(STEPS, COUNT)
logits = 3 * torch.randn(ROWS, CLASSES)
labels = torch.randint(0, CLASSES, (ROWS,))
labels[4] = labels[11] = 7
weights = torch.rand(CLASSES) * 2
target = torch.rand(ROWS, CLASSES)
shares = target / target.sum(-1, keepdim=True)
shares[3, 5] = 0
made = {"start": start, "gradients": gradients, "logits": logits, "labels": labels,
        "weights": weights, "target": target, "shares": shares}


def steps(name, optimizer):
    """`name`: the parameter after every step; `name.STATE`: what the last one left."""
    p = torch.nn.Parameter(start.double())
    o, after = optimizer([p]), []
    for g in gradients.double():
        p.grad = g.clone()
        o.step()
        after.append(p.detach().clone())
    made[name] = torch.stack(after).float()
    for key, value in o.state[p].items():
        if key != "step":
            made[f"{name}.{key}"] = value.float()


def loss(name, function):
    x = logits.double().requires_grad_()
    value = function(x)
    value.backward()
    made[name], made[f"{name}.gradient"] = value.detach().float(), x.grad.float()


O = torch.optim
steps("adamw", lambda p: O.AdamW(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-3))
steps("adam", lambda p: O.Adam(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-3))
steps("sgd", lambda p: O.SGD(p, lr=0.01, weight_decay=0.1))
steps("nesterov", lambda p: O.SGD(p, lr=0.01, weight_decay=0.1, momentum=0.7, nesterov=True))
steps("adagrad", lambda p: O.Adagrad(p, lr=0.01, weight_decay=0.1, eps=1e-3))
steps("rmsprop", lambda p: O.RMSprop(p, lr=0.01, weight_decay=0.1, alpha=0.9, eps=1e-3))
steps("rmsprop_momentum",
      lambda p: O.RMSprop(p, lr=0.01, weight_decay=0.1, alpha=0.9, eps=1e-3, momentum=0.7))

wide, spread = weights.double(), shares.double()
loss("smoothed", lambda x: F.cross_entropy(x, labels, label_smoothing=0.2))
loss("weighted", lambda x: F.cross_entropy(x, labels, weight=wide))
loss("all", lambda x: F.cross_entropy(x, labels, weight=wide, label_smoothing=0.2, ignore_index=7))
loss("bce", lambda x: F.binary_cross_entropy_with_logits(x, target.double()))
loss("l1", lambda x: F.l1_loss(x, target.double()))
loss("huber", lambda x: F.huber_loss(x, target.double(), delta=0.6))
loss("kl", lambda x: F.kl_div(F.log_softmax(x / 2.5, -1), spread, reduction="batchmean") * 2.5**2)

parts = [torch.nn.Parameter(torch.zeros(COUNT)) for _ in range(STEPS)]
for part, gradient in zip(parts, gradients):
    part.grad = gradient.clone()
made["norm"] = torch.nn.utils.clip_grad_norm_(parts, 3.0).reshape(())
made["clipped"] = torch.stack([part.grad for part in parts])

save_file({name: value.contiguous() for name, value in made.items()},
          str(pathlib.Path(__file__).parent / "training.safetensors"))
