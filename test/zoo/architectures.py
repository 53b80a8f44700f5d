"""Architectures of public libraries and of plain torch.nn at tiny widths.

Each function of ARCHITECTURES gives (module, batch, loss): `batch(generator)` gives the inputs by
name and the labels, or None where the module returns its loss; `loss` is one of make.LOSSES.
"""
import torch
from torch import nn

TOKENS, LENGTH, ROWS, WIDTH = 48, 12, 2, 16
ARCHITECTURES = {}


def architecture(function):
    ARCHITECTURES[function.__name__.replace("_", "-")] = function
    return function


def tokens(generator, length=LENGTH):
    return torch.randint(5, TOKENS, (ROWS, length), generator=generator)


def language(generator):
    return {"input_ids": tokens(generator)}, tokens(generator)


def short(generator):
    """For recurrent networks: each step is printed as code."""
    return {"input_ids": tokens(generator, 4)}, tokens(generator, 4)


def vectors(width=8, classes=3, rows=6):
    return lambda g: ({"x": torch.randn(rows, width, generator=g)},
                      torch.randint(0, classes, (rows,), generator=g))


def images(size=16, channels=3, classes=5, rows=3):
    return lambda g: ({"pixel_values": torch.randn(rows, channels, size, size, generator=g)},
                      torch.randint(0, classes, (rows,), generator=g))


class Module(nn.Module):
    """A module of parts, with a function as its forward pass."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.run = forward

    def forward(self, *inputs):
        return self.run(self, *inputs)


# What people write ----------------------------------------------------------

@architecture
def mlp_batch_norm():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)

        def forward(self, x):
            return self.c(self.b(torch.relu(self.a(x))))
    return Net(), vectors(), "cross-entropy"


@architecture
def conv_batch_norm():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.n = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
            self.b, self.m = nn.Conv2d(6, 6, 3, padding=1, groups=3), nn.BatchNorm2d(6)
            self.h = nn.Linear(6, 5)

        def forward(self, pixel_values):
            x = torch.relu(self.n(self.a(pixel_values)))
            return self.h((x + self.m(self.b(x))).mean((2, 3)))
    return Net(), images(), "cross-entropy"


@architecture
def transformer_encoder():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.p = nn.Embedding(TOKENS, WIDTH), nn.Parameter(torch.randn(1, LENGTH, WIDTH) * .1)
            layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, batch_first=True)
            self.t, self.h = nn.TransformerEncoder(layer, 2), nn.Linear(WIDTH, TOKENS)

        def forward(self, input_ids):
            mask = nn.Transformer.generate_square_subsequent_mask(input_ids.shape[1])
            return self.h(self.t(self.e(input_ids) + self.p, mask=mask, is_causal=True))
    return Net(), language, "cross-entropy"


@architecture
def transformer_decoder():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e = nn.Embedding(TOKENS, WIDTH, padding_idx=7)
            self.t = nn.TransformerDecoder(nn.TransformerDecoderLayer(WIDTH, 2, 32, batch_first=True), 2)
            self.h = nn.Linear(WIDTH, TOKENS)

        def forward(self, input_ids, memory_ids):
            return self.h(self.t(self.e(input_ids), self.e(memory_ids)))
    return Net(), lambda g: ({"input_ids": tokens(g), "memory_ids": tokens(g, 9)}, tokens(g)), "cross-entropy"


@architecture
def lstm():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.h = nn.Embedding(TOKENS, 8), nn.Linear(24, TOKENS)
            self.r = nn.LSTM(8, 12, batch_first=True, bidirectional=True)

        def forward(self, input_ids):
            return self.h(self.r(self.e(input_ids))[0])
    return Net(), short, "cross-entropy"


@architecture
def gru():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.r, self.h = nn.Embedding(TOKENS, 8), nn.GRU(8, 12, batch_first=True), nn.Linear(12, TOKENS)

        def forward(self, input_ids):
            return self.h(self.r(self.e(input_ids))[0])
    return Net(), short, "cross-entropy"


@architecture
def rnn():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.h = nn.Embedding(TOKENS, 8), nn.Linear(12, TOKENS)
            self.r = nn.RNN(8, 12, nonlinearity="relu", batch_first=True)

        def forward(self, input_ids):
            return self.h(self.r(self.e(input_ids))[0])
    return Net(), short, "cross-entropy"


@architecture
def temporal_convolution():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            norm = nn.utils.parametrizations.weight_norm
            self.c = nn.ModuleList([norm(nn.Conv1d(6, 6, 3, padding=2 ** i, dilation=2 ** i)) for i in range(2)])
            self.p, self.h = nn.PReLU(6), nn.Linear(6, 3)

        def forward(self, x):
            for c in self.c:
                x = self.p(c(x))
            return self.h(x.mean(2))
    return Net(), lambda g: ({"x": torch.randn(4, 6, 16, generator=g)},
                             torch.randint(0, 3, (4,), generator=g)), "cross-entropy"


@architecture
def vision_transformer():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.cls = nn.Conv2d(3, WIDTH, 4, 4), nn.Parameter(torch.randn(1, 1, WIDTH) * .1)
            self.pos = nn.Parameter(torch.randn(1, 17, WIDTH) * .1)
            self.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(WIDTH, 2, 32, batch_first=True, norm_first=True), 1)
            self.norm, self.h = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 5)

        def forward(self, pixel_values):
            x = self.patch(pixel_values).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
            return self.h(self.norm(self.t(x))[:, 0])
    return Net(), images(), "cross-entropy"


@architecture
def layer_scale():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.n, self.a, self.g = nn.GroupNorm(2, 8), nn.Conv2d(8, 8, 1), nn.Parameter(torch.ones(8) * 1e-1)

        def forward(self, x):
            return x + self.g.view(-1, 1, 1) * self.a(self.n(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.s, self.b, self.h = nn.Conv2d(3, 8, 4, 4), nn.Sequential(Block(), Block()), nn.Linear(8, 5)

        def forward(self, pixel_values):
            return self.h(self.b(self.s(pixel_values)).mean((2, 3)))
    return Net(), images(), "cross-entropy"


@architecture
def experts():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.r, self.w = nn.Linear(8, 4), nn.Parameter(torch.randn(4, 8, 8) * .3)
            self.b, self.h = nn.Parameter(torch.zeros(4, 8)), nn.Linear(8, 3)

        def forward(self, x):
            weight, index = torch.softmax(self.r(x), -1).max(-1)
            y = torch.bmm(self.w[index], x.unsqueeze(-1)).squeeze(-1) + self.b[index]
            return self.h(torch.relu(y) * weight.unsqueeze(-1))
    return Net(), vectors(), "cross-entropy"


@architecture
def linear_by_hand():
    class Linear(nn.Linear):
        def forward(self, x):
            return x @ self.weight.T + self.bias

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = Linear(8, 8), Linear(8, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.c(torch.relu(self.b(torch.relu(self.a(x)))))
    return Net(), vectors(), "cross-entropy"


@architecture
def segmentation():
    net = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.InstanceNorm2d(6, affine=True), nn.ReLU(),
                        nn.ConvTranspose2d(6, 4, 2, 2), nn.Conv2d(4, 5, 1))
    return (net, lambda g: ({"input": torch.randn(2, 3, 8, 8, generator=g)},
                            torch.randint(0, 5, (2, 16, 16), generator=g)), "cross-entropy")


# Of transformers --------------------------------------------------------------

def causal(name, **own):
    def build():
        import transformers
        config = dict(vocab_size=TOKENS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2,
                      intermediate_size=32, max_position_embeddings=32)
        config.update(own)
        config = {key: value for key, value in config.items() if value is not None}
        made = getattr(transformers, name + "Config")(**config)
        made.use_cache = False
        kind = "ForMaskedLM" if name in ("Bert", "Roberta", "Albert", "ModernBert") else "ForCausalLM"
        model = getattr(transformers, name + kind)(made)
        if hasattr(made, "num_local_experts"):
            model.set_experts_implementation("batched_mm")
        return model, language, "cross-entropy"
    return build


GROUPED = dict(num_key_value_heads=1)
ARCHITECTURES.update({
    "hf-llama": causal("Llama", **GROUPED),
    "hf-bert": causal("Bert"),
    "hf-roberta": causal("Roberta", pad_token_id=1),
    "hf-qwen3": causal("Qwen3", head_dim=8, **GROUPED),
    "hf-opt": causal("OPT", ffn_dim=32, word_embed_proj_dim=WIDTH, pad_token_id=1),
    "hf-falcon": causal("Falcon", multi_query=True, parallel_attn=True, new_decoder_architecture=False),
    "hf-mixtral": causal("Mixtral", num_local_experts=3, num_experts_per_tok=2, head_dim=8, **GROUPED),
})


# What default exports lose in ways of their own ---------------------------------

def elementwise(forward, **shapes):
    """Parameters of some shapes, `forward(net, x)` between two linear layers of width 8."""
    def build():
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.h = nn.Linear(8, 8), nn.Linear(8, 3)
                for name, make in shapes.items():
                    setattr(self, name, make())

            def forward(self, x):
                return self.h(forward(self, self.a(x)))
        return Net(), vectors(), "cross-entropy"
    return build


def drawn(*shape):
    return lambda: nn.Parameter(torch.randn(*shape))


def filled(number, *shape):
    return lambda: nn.Parameter(torch.full(shape, float(number)))


ARCHITECTURES.update({
    "odd-norm-without-gain": elementwise(lambda n, x: n.b(n.p(x)), p=lambda: nn.BatchNorm1d(8, affine=False),
                                         b=lambda: nn.BatchNorm1d(8)),
    "odd-scaled-in-the-call": elementwise(lambda n, x: torch.add(x, n.w, alpha=2), w=drawn(8)),
    "odd-repeated": elementwise(lambda n, x: x + n.w.repeat(2), w=drawn(4)),
    "odd-two-views": elementwise(lambda n, x: x + n.w.view(16)[:8] * n.w.view(2, 8)[1], w=drawn(4, 4)),
    "odd-expanded-rows": elementwise(lambda n, x: x + n.q.expand(6, -1, -1).sum(1),
                                     q=lambda: nn.Parameter(torch.randn(1, 1, 8).repeat(1, 4, 1))),
    "odd-detached": elementwise(lambda n, x: torch.relu(n.d(x)).detach() + torch.relu(x), d=lambda: nn.Linear(8, 8)),
    "odd-turned-twice": elementwise(lambda n, x: x @ n.w.t().contiguous().t(), w=drawn(8, 8)),
    "odd-two-of-a-value": elementwise(lambda n, x: torch.where(x > 0, n.p, n.q) * x, p=filled(.5, 8), q=filled(.5, 8)),
    "odd-two-tokens": elementwise(lambda n, x: torch.cat([n.c.expand(6, -1, -1), n.d.expand(6, -1, -1),
                                                          x.unsqueeze(1)], 1).tanh().sum(1),
                                  c=filled(0, 1, 1, 8), d=filled(0, 1, 1, 8)),
    "odd-exponential": elementwise(lambda n, x: x * n.s.exp(), s=filled(0.3)),
})
