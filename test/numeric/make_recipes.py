#!/usr/bin/env python3
"""Makes data/recipes.json: PyTorch's training of mlp-digits by each optimizer, loss, group,
schedule, clipping and accumulation, for recipes.py to compare with. Needs torch, onnx, safetensors.

    python make_recipes.py

Each recipe is run in f64, the reference, and in f32, whose deviation sets the tolerance.
"""

import json
import pathlib

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "models" / "mlp-digits"
STEPS, BATCH, CLASSES = 20, 64, 10
WEIGHTS = [0.5, 1, 2, 1, 0.25, 1, 3, 1, 0, 1.5]


class Lion(torch.optim.Optimizer):
    """Chen et al. (2023), algorithm 2; torch.optim has none."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.sign(beta1 * m + (1 - beta1) * p.grad))
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


def model(dtype):
    parts = {i.name: numpy_helper.to_array(i)
             for i in onnx.load(MODEL / "model.onnx").graph.initializer}
    net = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.GELU(), torch.nn.Linear(256, 256),
                              torch.nn.GELU(), torch.nn.Linear(256, CLASSES)).to(dtype)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.tensor(parts[name]))
    return net


def targets(kind, labels, dtype):
    if kind == "classes":
        return labels
    hot = F.one_hot(labels, CLASSES).to(dtype)
    return hot if kind == "onehot" else 0.9 * hot + 0.1 / CLASSES


def groups(net, decay, lr, own):
    """Returns the parameter groups: vectors are not decayed; `own(name)` has a parameter's own
    settings."""
    result = []
    for name, p in net.named_parameters():
        group = {"params": [p], "lr": lr, "weight_decay": decay if p.ndim >= 2 else 0.0}
        special = own(name)
        group["weight_decay"] = special.get("decay", group["weight_decay"])
        group["lr"] *= special.get("lr_scale", 1.0)
        result.append(group)
    return result


class Recipe:
    def __init__(self, name, options, optimizer, lr=1e-3, decay=0.0, loss=F.cross_entropy,
                 target="classes", run=(), own=lambda name: {}, norm=None, value=None, micro=1,
                 schedule=None):
        self.name, self.options, self.run, self.target = name, list(options), list(run), target
        self.optimizer, self.lr, self.decay, self.loss, self.own = optimizer, lr, decay, loss, own
        self.norm, self.value, self.micro, self.schedule = norm, value, micro, schedule

    def train(self, dtype):
        data = load_file(MODEL / "data.safetensors")
        x = torch.tensor(data["x"]).to(dtype)
        y = targets(self.target, torch.tensor(data["labels"]), dtype)
        net = model(dtype)
        optimizer = self.optimizer(groups(net, self.decay, self.lr, self.own))
        schedule = self.schedule and self.schedule(optimizer)
        found = {"losses": [], "norms": [], "rates": []}
        for step in range(STEPS):
            optimizer.zero_grad()
            total = 0.0
            for micro in range(self.micro):
                rows = [((step * self.micro + micro) * BATCH + b) % len(x) for b in range(BATCH)]
                loss = self.loss(net(x[rows]), y[rows]) / self.micro
                loss.backward()
                total += loss.item()
            found["losses"].append(total)
            if self.norm:
                norm = torch.nn.utils.clip_grad_norm_(net.parameters(), self.norm)
                found["norms"].append(norm.item())
            if self.value:
                torch.nn.utils.clip_grad_value_(net.parameters(), self.value)
            found["rates"].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if schedule:
                schedule.step()
        return found

    def record(self):
        exact, single = self.train(torch.float64), self.train(torch.float32)
        deviation = max(abs(a - b) / abs(b) for a, b in zip(single["losses"], exact["losses"]))
        entry = {"options": self.options, "run": self.run, "target": self.target,
                 "losses": exact["losses"], "f32_deviation": deviation}
        if self.norm:
            entry["norms"] = exact["norms"]
        if self.schedule:
            entry["rates"] = exact["rates"]
        return entry


def adam_groups(name):
    return {"0": {"lr_scale": 0.1}, "4": {"decay": 0.3}}.get(name.split(".")[0], {})


def sgd_groups(name):
    return {"lr_scale": 0.5, "decay": 0.02} if name == "2.weight" else {}


def one_cycle(**options):
    return lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=2e-3, total_steps=STEPS, cycle_momentum=False, **options)


def kl(temperature):
    def loss(x, y):
        return F.kl_div(F.log_softmax(x / temperature, -1), y,
                        reduction="batchmean") * temperature**2
    return loss


def weighted(**options):
    def loss(x, y):
        return F.cross_entropy(x, y, weight=torch.tensor(WEIGHTS, dtype=x.dtype), **options)
    return loss


O = torch.optim
RECIPES = [
    Recipe("adam", ["--optimizer=adam,lr=1e-3,weight-decay=0.01"], O.Adam, decay=0.01),
    Recipe("adam with its own numbers",
           ["--optimizer=adam,lr=2e-3,beta1=0.8,beta2=0.95,eps=1e-3"],
           lambda p: O.Adam(p, betas=(0.8, 0.95), eps=1e-3), lr=2e-3),
    Recipe("lion", ["--optimizer=lion,lr=1e-4,weight-decay=0.3"], Lion, lr=1e-4, decay=0.3),
    Recipe("adagrad", ["--optimizer=adagrad,lr=1e-2,weight-decay=0.01"],
           lambda p: O.Adagrad(p, eps=1e-10), lr=1e-2, decay=0.01),
    Recipe("rmsprop", ["--optimizer=rmsprop,lr=1e-3,weight-decay=0.01"], O.RMSprop, decay=0.01),
    Recipe("rmsprop with momentum", ["--optimizer=rmsprop,lr=3e-4,alpha=0.9,eps=1e-6,momentum=0.8"],
           lambda p: O.RMSprop(p, alpha=0.9, eps=1e-6, momentum=0.8), lr=3e-4),
    Recipe("label smoothing", ["--loss=cross-entropy,label-smoothing=0.1"],
           lambda p: O.AdamW(p), decay=0.01,
           loss=lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1)),
    Recipe("ignored class", ["--loss=cross-entropy,ignore-index=3"], O.AdamW, decay=0.01,
           loss=lambda x, y: F.cross_entropy(x, y, ignore_index=3)),
    Recipe("class weights", ["--loss=cross-entropy,weights=" + ":".join(map(str, WEIGHTS))],
           O.AdamW, decay=0.01, loss=weighted()),
    Recipe("class weights, smoothed, with an ignored class",
           ["--loss=cross-entropy,label-smoothing=0.2,ignore-index=6,weights="
            + ":".join(map(str, WEIGHTS))],
           O.AdamW, decay=0.01, loss=weighted(label_smoothing=0.2, ignore_index=6)),
    Recipe("bce-with-logits", ["--loss=bce-with-logits"], O.AdamW, decay=0.01, target="onehot",
           loss=F.binary_cross_entropy_with_logits),
    # With Adam, whose step does not shrink with the gradient, cancelling signs would be chaotic.
    Recipe("l1", ["--loss=l1", "--optimizer=sgd,lr=0.3,weight-decay=0"], O.SGD, lr=0.3,
           target="onehot", loss=F.l1_loss),
    Recipe("huber", ["--loss=huber,delta=0.3"], O.AdamW, decay=0.01, target="onehot",
           loss=lambda x, y: F.huber_loss(x, y, delta=0.3)),
    Recipe("kl", ["--loss=kl"], O.AdamW, decay=0.01, target="soft", loss=kl(1.0)),
    Recipe("kl with temperature", ["--loss=kl,temperature=2.5"], O.AdamW, decay=0.01,
           target="soft", loss=kl(2.5)),
    Recipe("groups of adamw", [r"--optimizer=adamw,weight-decay=0.1", r"--lr-scale=^0\.=0.1",
                               r"--decay=^4\.=0.3"], O.AdamW, decay=0.1, own=adam_groups),
    Recipe("groups of sgd", ["--optimizer=sgd,lr=0.1,momentum=0.9,weight-decay=0.001",
                             r"--lr-scale=^2\.weight$=0.5", r"--decay=^2\.weight$=0.02"],
           lambda p: O.SGD(p, momentum=0.9), lr=0.1, decay=0.001, own=sgd_groups),
    Recipe("one-cycle", ["--optimizer=adamw,weight-decay=0.01"], O.AdamW, decay=0.01,
           run=["--lr=2e-3", "--lr-schedule=one-cycle"], schedule=one_cycle()),
    Recipe("one-cycle with warm-up", ["--optimizer=adamw,weight-decay=0.01"], O.AdamW, decay=0.01,
           run=["--lr=2e-3", "--lr-schedule=one-cycle,warmup=10,div=10,final-div=100"],
           schedule=one_cycle(pct_start=0.5, div_factor=10, final_div_factor=100)),
    Recipe("norm clipped", ["--optimizer=sgd,lr=0.5,weight-decay=0", "--clip=norm:0.2"], O.SGD,
           lr=0.5, norm=0.2),
    Recipe("norm not clipped", ["--optimizer=adamw", "--clip=norm:1000"], O.AdamW, decay=0.01,
           norm=1000.0),
    Recipe("values clipped", ["--optimizer=sgd,lr=0.5,weight-decay=0", "--clip=value:0.002"], O.SGD,
           lr=0.5, value=0.002),
    Recipe("accumulated", ["--optimizer=adamw", "--accumulate=4"], O.AdamW, decay=0.01, micro=4),
    Recipe("accumulated and clipped", ["--optimizer=sgd,lr=0.5,momentum=0.5,weight-decay=0",
                                       "--accumulate=3", "--clip=norm:0.1"],
           lambda p: O.SGD(p, momentum=0.5), lr=0.5, norm=0.1, micro=3),
]


if __name__ == "__main__":
    made = {recipe.name: recipe.record() for recipe in RECIPES}
    text = json.dumps({"torch": torch.__version__, "steps": STEPS, "recipes": made}, indent=1)
    (HERE / "data" / "recipes.json").write_text(text + "\n")
    for name, entry in made.items():
        print(f"{name}: {entry['losses'][0]:.6f} to {entry['losses'][-1]:.6f}, "
              f"f32 deviates {entry['f32_deviation']:.1e}")
