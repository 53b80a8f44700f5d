#!/usr/bin/env python3
"""Makes data/sparse.json: PyTorch's training of recommender-nano with sparse gradients of three of
its tables, for sparse.py to compare with. Needs torch, onnx, safetensors.

    python make_sparse.py

Tables are updated by torch.optim's optimizers for sparse gradients, all else by the dense ones of the
same name. Each recipe is run in f64, the reference, and in f32, whose deviation sets the tolerance.
"""

import json
import pathlib

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "models" / "recommender-nano"
STEPS, BATCH = 20, 32
SPARSE = ("tables.0", "tables.1", "tables.3")


class Recommender(torch.nn.Module):
    """The model of models/export/further.py, with the numbers of its file."""

    def __init__(self, dtype):
        super().__init__()
        parts = {i.name: torch.tensor(numpy_helper.to_array(i)).to(dtype)
                 for i in onnx.load(MODEL / "model.onnx").graph.initializer}
        self.names = [name for name in parts if name.endswith((".weight", ".bias"))]
        for name in self.names:
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(parts[name]))
        places = torch.tril_indices(5, 5, -1)
        self.pairs = places[0] * 5 + places[1]

    def of(self, name):
        return getattr(self, name.replace(".", "_"))

    def linear(self, x, name):
        return F.linear(x, self.of(f"{name}.weight"), self.of(f"{name}.bias"))

    def forward(self, dense, categories, clicks):
        d = F.relu(self.linear(F.relu(self.linear(dense, "bottom.0")), "bottom.2"))
        rows = [F.embedding(categories[:, i], self.of(f"tables.{i}.weight"),
                            sparse=f"tables.{i}" in SPARSE) for i in range(4)]
        z = torch.stack([d] + rows, 1)
        products = torch.bmm(z, z.transpose(1, 2)).flatten(1)[:, self.pairs]
        x = F.relu(self.linear(torch.cat([d, products], 1), "top.0"))
        return F.binary_cross_entropy_with_logits(self.linear(x, "top.2")[:, 0], clicks)


class LazyAdamW(torch.optim.Optimizer):
    """AdamW for rows (torch.optim has none): the dense formula for the rows of the gradient, which
    first shrink by the decay of the steps that they missed, step by step."""

    def __init__(self, params, lr, weight_decay):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "betas": (0.9, 0.999)})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(m=torch.zeros_like(p), v=torch.zeros_like(p), factors=[],
                                 seen=[0] * len(p))
                state["factors"].append(1 - group["lr"] * group["weight_decay"])
                t, gradient = len(state["factors"]), p.grad.coalesce()
                for row, g in zip(gradient.indices()[0].tolist(), gradient.values()):
                    for factor in state["factors"][state["seen"][row]:]:
                        p[row] *= factor
                    state["seen"][row] = t
                    m, v = state["m"][row], state["v"][row]
                    m.mul_(beta1).add_(g, alpha=1 - beta1)
                    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                    root = (v / (1 - beta2**t)).sqrt() + 1e-8
                    p[row] -= group["lr"] / (1 - beta1**t) * m / root


class LazySgd(torch.optim.Optimizer):
    """SGD for rows with decay, which torch.optim refuses: rows catch up as above."""

    def __init__(self, params, lr, weight_decay):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state, rate = self.state[p], group["lr"]
                if not state:
                    state.update(factors=[], seen=[0] * len(p))
                state["factors"].append(1 - rate * group["weight_decay"])
                gradient = p.grad.coalesce()
                for row, g in zip(gradient.indices()[0].tolist(), gradient.values()):
                    for factor in state["factors"][state["seen"][row]:]:
                        p[row] *= factor
                    state["seen"][row] = len(state["factors"])
                    p[row] -= rate * g


def clip(parameters, limit):
    """As clip_grad_norm_, which does not take sparse gradients."""
    gradients = [p.grad.coalesce().values() if p.grad.is_sparse else p.grad for p in parameters]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    scale = torch.clamp(limit / (norm + 1e-6), max=1.0)
    for p in parameters:
        p.grad = p.grad.coalesce() * scale if p.grad.is_sparse else p.grad * scale
    return norm.item()


class Recipe:
    def __init__(self, name, options, sparse, dense, run=(), norm=None, micro=1, rates=None):
        self.name, self.options, self.run = name, options, list(run)
        self.sparse, self.dense = sparse, dense
        self.norm, self.micro, self.rates = norm, micro, rates

    def train(self, dtype):
        data = {name: torch.tensor(array) for name, array in
                load_file(MODEL / "data.safetensors").items()}
        data = {n: x.to(dtype) if x.is_floating_point() else x for n, x in data.items()}
        net = Recommender(dtype)
        tables = [net.of(f"{name}.weight") for name in SPARSE]
        others = [net.of(n) for n in net.names if n.rsplit(".", 1)[0] not in SPARSE]
        optimizers = [self.sparse(tables),
                      self.dense([p for p in others if p.ndim >= 2], [p for p in others if p.ndim < 2])]
        found = {"losses": [], "norms": []}
        for step in range(STEPS):
            for optimizer in optimizers:
                optimizer.zero_grad()
                for group in optimizer.param_groups:
                    group["lr"] = self.rates[step] if self.rates else group["lr"]
            total = 0.0
            for micro in range(self.micro):
                first = (step * self.micro + micro) * BATCH
                rows = [(first + b) % len(data["clicks"]) for b in range(BATCH)]
                loss = net(*(data[n][rows] for n in ("dense", "categories", "clicks"))) / self.micro
                loss.backward()
                total += loss.item()
            found["losses"].append(total)
            if self.norm:
                found["norms"].append(clip(tables + others, self.norm))
            for optimizer in optimizers:
                optimizer.step()
        # Of each row of the tables the sum: rows that no step read keep theirs.
        found["rows"] = {name: net.of(f"{name}.weight").detach().double().sum(1).tolist()
                         for name in SPARSE}
        return found

    def record(self):
        exact, single = self.train(torch.float64), self.train(torch.float32)
        deviation = max(abs(a - b) / abs(b) for a, b in zip(single["losses"], exact["losses"]))
        rows = max(abs(a - b) for name in SPARSE
                   for a, b in zip(single["rows"][name], exact["rows"][name]))
        entry = {"options": self.options, "run": self.run, "losses": exact["losses"],
                 "f32_deviation": deviation, "f32_row_deviation": rows,
                 "rows": {n: [round(x, 8) for x in sums] for n, sums in exact["rows"].items()}}
        if self.norm:
            entry["norms"] = exact["norms"]
        return entry


def decayed(kind, lr, decay, **options):
    """Returns a dense optimizer whose matrices are decayed."""
    return lambda matrices, vectors: kind(
        [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=lr, **options)


O = torch.optim
#: warm-up over 5 steps, then a straight line towards zero, as --lr-schedule=linear,warmup=5 has it
LINEAR = [0.02 * (t / 5 if t <= 5 else 1 - (t - 6) / (STEPS - 5)) for t in range(1, STEPS + 1)]
RECIPES = [
    Recipe("adam", ["--optimizer=adam,lr=1e-2"], lambda p: O.SparseAdam(p, lr=1e-2),
           decayed(O.Adam, 1e-2, 0)),
    Recipe("adam with its own numbers", ["--optimizer=adam,lr=2e-2,beta1=0.8,beta2=0.95,eps=1e-3"],
           lambda p: O.SparseAdam(p, lr=2e-2, betas=(0.8, 0.95), eps=1e-3),
           decayed(O.Adam, 2e-2, 0, betas=(0.8, 0.95), eps=1e-3)),
    Recipe("sgd", ["--optimizer=sgd,lr=0.5,weight-decay=0"], lambda p: O.SGD(p, lr=0.5),
           decayed(O.SGD, 0.5, 0)),
    Recipe("sgd with decay", ["--optimizer=sgd,lr=0.5,weight-decay=0.05"],
           lambda p: LazySgd(p, 0.5, 0.05), decayed(O.SGD, 0.5, 0.05)),
    Recipe("adagrad", ["--optimizer=adagrad,lr=5e-2"], lambda p: O.Adagrad(p, lr=5e-2),
           decayed(O.Adagrad, 5e-2, 0, eps=1e-10)),
    Recipe("adamw", ["--optimizer=adamw,lr=1e-2,weight-decay=2"], lambda p: LazyAdamW(p, 1e-2, 2.0),
           decayed(O.AdamW, 1e-2, 2.0)),
    Recipe("adamw, scheduled", ["--optimizer=adamw,lr=2e-2,weight-decay=5"],
           lambda p: LazyAdamW(p, 2e-2, 5.0), decayed(O.AdamW, 2e-2, 5.0), rates=LINEAR,
           run=["--lr-schedule=linear,warmup=5"]),
    Recipe("clipped", ["--optimizer=sgd,lr=0.5,weight-decay=0", "--clip=norm:0.1"],
           lambda p: O.SGD(p, lr=0.5), decayed(O.SGD, 0.5, 0), norm=0.1),
    Recipe("accumulated", ["--optimizer=adam,lr=1e-2", "--accumulate=3"],
           lambda p: O.SparseAdam(p, lr=1e-2), decayed(O.Adam, 1e-2, 0), micro=3),
    Recipe("accumulated and clipped", ["--optimizer=adagrad,lr=5e-2", "--accumulate=2",
                                       "--clip=norm:0.1"],
           lambda p: O.Adagrad(p, lr=5e-2), decayed(O.Adagrad, 5e-2, 0, eps=1e-10), micro=2,
           norm=0.1),
]

if __name__ == "__main__":
    about = json.dumps({"torch": torch.__version__, "steps": STEPS, "sparse": r"tables\.[013]"})
    recipes = [f"{json.dumps(recipe.name)}: {json.dumps(recipe.record())}" for recipe in RECIPES]
    (HERE / "data" / "sparse.json").write_text(
        f"{about[:-1]}, \"recipes\": {{\n" + ",\n".join(recipes) + "\n}}\n")
