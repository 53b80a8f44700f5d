"""What rounding the factors of products changes: python rounded.py > ../../test/numeric/rounded.json

Of the first step of each model, in f64 but for the factors of linear layers and convolutions, forward and backward, which
are rounded to bf16 or tf32 (convolutions of at most four channels are left): the relative distance of the loss, and of all
gradients as one vector, from those without rounding.
"""
import json
import torch
from torch import nn
import torch.nn.functional as F
import visible

BITS = {"tf32": 10, "bf16": 7}


def rounded(x, bits):
    """To the nearest with `bits` bits of fraction, ties to even."""
    if bits is None:
        return x
    word, dropped = x.float().view(torch.int32), 23 - bits
    half = (1 << dropped - 1) - 1 + (word >> dropped & 1)
    return (word + half >> dropped << dropped).view(torch.float32).to(x.dtype)


class Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, stride, padding, bits):
        ctx.operands, ctx.rest = (rounded(x, bits), rounded(w, bits)), (stride, padding, bits)
        return F.conv2d(*ctx.operands, None, stride, padding)

    @staticmethod
    def backward(ctx, dy):
        (x, w), (stride, padding, bits) = ctx.operands, ctx.rest
        dy = rounded(dy, bits)
        return (torch.nn.grad.conv2d_input(x.shape, w, dy, stride, padding),
                torch.nn.grad.conv2d_weight(x, w.shape, dy, stride, padding), None, None, None)


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, bias, bits):
        ctx.operands, ctx.bits = (rounded(x, bits), rounded(w, bits)), bits
        return ctx.operands[0] @ ctx.operands[1].T + bias

    @staticmethod
    def backward(ctx, dy):
        x, w = ctx.operands
        small = rounded(dy, ctx.bits)
        return small @ w, small.T @ x, dy.sum(0), None


def step(build, batch, bits):
    """The loss and all gradients as one vector."""
    model = build().double().train()
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            own = None if min(layer.weight.shape[:2]) <= 4 else bits
            layer.forward = lambda x, l=layer, b=own: Convolution.apply(x, l.weight, l.stride, l.padding, b)
        elif isinstance(layer, nn.Linear):
            layer.forward = lambda x, l=layer: Linear.apply(x, l.weight, l.bias, bits)
    inputs, labels = batch(0)
    x, y = (torch.as_tensor(value) for value in (*inputs.values(), labels))
    loss = F.cross_entropy(model(x.double()), y)
    loss.backward()
    return loss.item(), torch.cat([p.grad.flatten() for p in model.parameters()])


if __name__ == "__main__":
    found = {}
    for name, build, batch in (("mlp-digits", visible.mlp(), visible.digits(64, "x", True)),
                               ("resnet-nano", visible.resnet, visible.digits(64))):
        loss, gradients = step(build, batch, None)
        for precision, bits in BITS.items():
            other, moved = step(build, batch, bits)
            found.setdefault(name, {})[precision] = {
                "loss": abs(other - loss) / loss,
                "gradients": ((moved - gradients).norm() / gradients.norm()).item()}
    print(json.dumps(found, indent=1))
