"""Further architectures, one of each kind.   python further.py [name ...]"""
import math, sys
from pathlib import Path
import numpy as np, torch
from torch import nn
import torch.nn.functional as F
import data
from common import Logits, Spec, run, wake
from visible import DIGITS, LM, digits, lm

PERIOD = 64                                    # rows of the models whose rows are made here


def example(s, B):
    return (np.arange(s * B, s * B + B) % PERIOD)


# ---------------------------------------------------------------- encoder and decoder

class Seq2Seq(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, decoder_input_ids):
        return self.model(input_ids=input_ids, decoder_input_ids=decoder_input_ids, use_cache=False).logits


def t5():
    from transformers import T5Config, T5ForConditionalGeneration
    torch.manual_seed(0)
    cfg = T5Config(vocab_size=128, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_decoder_layers=2, num_heads=4, dropout_rate=0.0,
                   relative_attention_num_buckets=8, relative_attention_max_distance=20, feed_forward_proj="gated-gelu", pad_token_id=0,
                   eos_token_id=0, decoder_start_token_id=0)
    return wake(Seq2Seq(T5ForConditionalGeneration(cfg)))


def reversal(s, B=8, T=24):
    """Example e: input_ids = corpus[e*T : e*T+T] % 128, labels = the same from the last to the first."""
    text = data.corpus()
    ids = np.stack([text[e * T:e * T + T] % 128 for e in example(s, B)])
    labels = ids[:, ::-1]
    start = np.concatenate([np.zeros((B, 1), np.int64), labels[:, :-1]], 1)
    return dict(input_ids=ids, decoder_input_ids=start), np.ascontiguousarray(labels)


# ---------------------------------------------------------------- depthwise convolutions

def mobilenet():
    from torchvision.models.mobilenetv2 import MobileNetV2
    torch.manual_seed(0)
    m = MobileNetV2(num_classes=10, inverted_residual_setting=[[1, 8, 1, 1], [4, 16, 2, 1], [4, 24, 2, 2]], dropout=0.0)
    m.features[0][0] = nn.Conv2d(1, 32, 3, padding=1, bias=False)
    return wake(m)


# ---------------------------------------------------------------- a recurrent language model

class Recurrent(nn.Module):
    def __init__(self, width=64, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(256, width)
        self.lstm = nn.LSTM(width, width, layers, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 256)

    def forward(self, ids):
        return self.head(self.norm(self.lstm(self.embedding(ids))[0]))


def recurrent():
    torch.manual_seed(0)
    return wake(Recurrent())


# ---------------------------------------------------------------- a detector

class Detector(nn.Module):
    """A feature pyramid of two levels on 1x16x16 images and FCOS heads that the levels share (Tian et al. 2019); the loss is in
    the graph: focal loss of the classes, 1 - GIoU of the boxes and binary cross entropy of the centerness at positive places.
    classes [B, P] int64 (10: background), boxes [B, P, 4] (left, top, right, bottom distances), P = 8*8 + 4*4 places."""

    def __init__(self, c=24):
        super().__init__()
        conv = lambda i, o, s=1: nn.Sequential(nn.Conv2d(i, o, 3, stride=s, padding=1, bias=False), nn.GroupNorm(4, o), nn.ReLU())
        self.stem, self.c3, self.c4 = conv(1, c), conv(c, c, 2), conv(c, 2 * c, 2)
        self.lateral3, self.lateral4, self.smooth = nn.Conv2d(c, c, 1), nn.Conv2d(2 * c, c, 1), nn.Conv2d(c, c, 3, padding=1)
        self.tower = nn.Sequential(conv(c, c), conv(c, c))
        self.cls, self.box, self.centre = nn.Conv2d(c, 10, 3, padding=1), nn.Conv2d(c, 4, 3, padding=1), nn.Conv2d(c, 1, 3, padding=1)
        self.scales = nn.Parameter(torch.tensor([1.0, 1.1]))

    def heads(self, x, scale):
        h = self.tower(x)
        flat = lambda y: y.flatten(2).transpose(1, 2)
        return flat(self.cls(h)), F.softplus(flat(self.box(h)) * scale), flat(self.centre(h))

    def forward(self, images, classes, boxes):
        c3 = self.c3(self.stem(images))
        p4 = self.lateral4(self.c4(c3))
        p3 = self.smooth(self.lateral3(c3) + F.interpolate(p4, size=c3.shape[-2:], mode="nearest"))
        levels = [self.heads(p, self.scales[i]) for i, p in enumerate((p3, p4))]
        logits, found, centre = (torch.cat(x, 1) for x in zip(*levels))
        positive = (classes < 10).to(logits.dtype)
        count = positive.sum().clamp(min=1)
        target = F.one_hot(classes, 11)[..., :10].to(logits.dtype)
        p = torch.sigmoid(logits)
        right = p * target + (1 - p) * (1 - target)
        entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        focal = ((0.25 * target + 0.75 * (1 - target)) * (1 - right) ** 2 * entropy).sum() / count
        area = lambda b: (b[..., 0] + b[..., 2]) * (b[..., 1] + b[..., 3])
        inner = area(torch.minimum(found, boxes))
        union = area(found) + area(boxes) - inner
        hull = area(torch.maximum(found, boxes))
        giou = inner / (union + 1e-7) - (hull - union) / (hull + 1e-7)
        weight = torch.sqrt(torch.minimum(boxes[..., 0], boxes[..., 2]) * torch.minimum(boxes[..., 1], boxes[..., 3])
                            / (torch.maximum(boxes[..., 0], boxes[..., 2]) * torch.maximum(boxes[..., 1], boxes[..., 3]) + 1e-7))
        inside = ((1 - giou) * weight * positive).sum() / count
        centres = (F.binary_cross_entropy_with_logits(centre[..., 0], weight, reduction="none") * positive).sum() / count
        return focal + inside + centres


def detector():
    torch.manual_seed(0)
    return wake(Detector())


def scenes(s, B=8):
    """Example e: digit row e on a 16x16 canvas at (3e mod 9, 5e mod 9); places inside its box are positive."""
    images, labels = data.digits()
    canvas, classes, boxes = np.zeros((B, 1, 16, 16), np.float32), np.full((B, 80), 10, np.int64), np.full((B, 80, 4), 0.5, np.float32)
    centres = np.array([(y * k + k / 2, x * k + k / 2) for k, n in ((2, 8), (4, 4)) for y in range(n) for x in range(n)], np.float32)
    for b, e in enumerate(example(s, B)):
        y, x = 3 * e % 9, 5 * e % 9
        canvas[b, 0, y:y + 8, x:x + 8] = images[e, 0]
        edges = np.stack([centres[:, 1] - x, centres[:, 0] - y, x + 8 - centres[:, 1], y + 8 - centres[:, 0]], 1)
        inside = (edges > 0).all(1)
        classes[b, inside], boxes[b, inside] = labels[e], edges[inside]
    return dict(images=canvas, classes=classes, boxes=boxes), None


# ---------------------------------------------------------------- recommendation

class Recommender(nn.Module):
    """DLRM (Naumov et al. 2019): embeddings of four categories and a dense vector, their products in pairs, a click predicted."""

    def __init__(self, sizes=(100, 50, 30, 200), width=16):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, width) for n in sizes)
        self.bottom = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, width), nn.ReLU())
        pairs = torch.tril_indices(len(sizes) + 1, len(sizes) + 1, -1)
        self.register_buffer("pairs", pairs[0] * (len(sizes) + 1) + pairs[1], persistent=False)
        self.top = nn.Sequential(nn.Linear(width + len(self.pairs), 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, dense, categories, clicks):
        d = self.bottom(dense)
        z = torch.stack([d] + [t(categories[:, i]) for i, t in enumerate(self.tables)], 1)
        products = torch.bmm(z, z.transpose(1, 2)).flatten(1)[:, self.pairs]
        return F.binary_cross_entropy_with_logits(self.top(torch.cat([d, products], 1))[:, 0], clicks)


def recommender():
    torch.manual_seed(0)
    return wake(Recommender())


def visits(s, B=32):
    """Example e: h(k) = lowbias32(16e + k + 1); dense = h/2^32 - 0.5, categories = h mod size; clicked if h(0) + h(8) + h(9) is large."""
    e = np.arange(s * B, s * B + B) % 512
    h = data.hash32((e[:, None] * 16 + np.arange(16)[None, :] + 1).astype(np.uint32))
    dense = (h[:, :8].astype(np.float64) / 2**32 - 0.5).astype(np.float32)
    categories = (h[:, 8:12] % np.array([100, 50, 30, 200], np.uint32)).astype(np.int64)
    clicks = (dense[:, 0] + categories[:, 0] / 100 + categories[:, 1] / 50 > 1).astype(np.float32)
    return dict(dense=dense, categories=categories, clicks=clicks), None


# ---------------------------------------------------------------- a state-space model

def mamba():
    from transformers import MambaConfig, MambaForCausalLM
    torch.manual_seed(0)
    cfg = MambaConfig(vocab_size=256, hidden_size=32, state_size=8, num_hidden_layers=2, conv_kernel=4, expand=2, time_step_rank=4,
                      bos_token_id=0, eos_token_id=0, pad_token_id=0, use_mambapy=False)
    return wake(Logits(MambaForCausalLM(cfg), use_cache=False))


def specs():
    return [
        Spec("t5-nano", t5, reversal, "example e = (s*B + b) % 64, B=8, T=24: input_ids = corpus[e*T : e*T+T] % 128; labels = these reversed; "
             "decoder_input_ids = 0 and all labels but the last", period=PERIOD, export_kw=dict(optimize=False)),
        Spec("mobilenet-nano", mobilenet, digits(64), DIGITS + ", B=64", export_kw=dict(optimize=False, fold=True)),
        Spec("lstm-nano", recurrent, lm(4, 32), LM + ", B=4, T=32", export_kw=dict(optimize=False), variants=[("model-default.onnx", {})]),
        Spec("detector-nano", detector, scenes, "example e = (s*B + b) % 64, B=8: digit e on a 16x16 canvas at (3e mod 9, 5e mod 9)", loss="output",
             output="loss", period=PERIOD, steps=20, export_kw=dict(optimize=False)),
        Spec("recommender-nano", recommender, visits, "example e = (s*B + b) % 512, B=32: " + visits.__doc__.split(": ", 1)[1], loss="output",
             output="loss", period=512),
        Spec("mamba-nano", mamba, lm(4, 16), LM + ", B=4, T=16", export_kw=dict(optimize=False)),
    ]


if __name__ == "__main__":
    out = Path(__file__).resolve().parent.parent
    for sp in specs():
        if len(sys.argv) < 2 or sp.name in sys.argv[1:]:
            run(sp, out)
