"""Architectures of public libraries and of plain torch.nn at tiny widths.

Each function of ARCHITECTURES gives (module, batch, loss): `batch(generator)` gives the inputs by
name and the labels, or None where the module returns its loss; `loss` is one of make.LOSSES. The
module's `lengths`, if it has them, are dimensions beside the rows' that a dynamic export leaves open.
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
    """Short sequences for recurrent networks: a program has code for each time step."""
    return {"input_ids": tokens(generator, 4)}, tokens(generator, 4)


def vectors(width=8, classes=3, rows=6):
    return lambda g: ({"x": torch.randn(rows, width, generator=g)},
                      torch.randint(0, classes, (rows,), generator=g))


def images(size=16, channels=3, classes=5, rows=3):
    return lambda g: ({"pixel_values": torch.randn(rows, channels, size, size, generator=g)},
                      torch.randint(0, classes, (rows,), generator=g))


class Pictures(nn.Module):
    """Renames the input of a vision model to the name that other models use."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, pixel_values):
        return self.m(pixel_values)


class PairLoss(Pictures):
    """The loss of a model of texts and images."""

    def forward(self, input_ids, pixel_values):
        return self.m(input_ids=input_ids, pixel_values=pixel_values, return_loss=True).loss


class HiddenLoss(Pictures):
    """The loss of a model that hides parts of images, chosen by noise."""

    def forward(self, pixel_values, noise):
        return self.m(pixel_values=pixel_values, noise=noise).loss


# Modules as people write them -------------------------------------------------

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
def linear_batch_norm():
    net = nn.Sequential(nn.Linear(8, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 8, bias=False),
                        nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    return net, lambda g: ({"input": torch.randn(6, 8, generator=g)},
                           torch.randint(0, 3, (6,), generator=g)), "cross-entropy"


@architecture
def transposed_batch_norm():
    net = nn.Sequential(nn.ConvTranspose2d(4, 6, 2, 2, groups=2), nn.BatchNorm2d(6), nn.ReLU(),
                        nn.ConvTranspose2d(6, 5, 2, 2, bias=False), nn.BatchNorm2d(5))
    return (net, lambda g: ({"input": torch.randn(2, 4, 3, 3, generator=g)},
                            torch.randint(0, 5, (2, 12, 12), generator=g)), "cross-entropy")


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


# Models of transformers -------------------------------------------------------

def transformer(model, config, batch, loss="cross-entropy", attention=None, whole=None, **options):
    """Returns a builder of a model of the library; `whole` wraps one that computes its loss."""
    def build():
        import transformers
        made = getattr(transformers, config)(**{k: v for k, v in options.items() if v is not None})
        made.use_cache = False
        net = getattr(transformers, model)(made)
        if attention:
            net.set_attn_implementation(attention)
        if hasattr(net, "set_experts_implementation") and ("num_local_experts" in options or
                                                           "num_experts_per_tok" in options):
            net.set_experts_implementation("batched_mm")
        if whole:
            net = whole(net)
        if batch is language:
            net.lengths = {"input_ids": {1: "length"}}
        return net, batch, loss
    return build


BASE = dict(vocab_size=TOKENS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=32)
NO_BASE = dict.fromkeys(BASE)


def causal(name, **own):
    masked = name in ("Bert", "Roberta", "Albert", "Electra", "ModernBert", "DebertaV2", "MPNet", "FNet")
    return transformer(name + ("ForMaskedLM" if masked else "ForCausalLM"),
                       {"Gemma3": "Gemma3TextConfig"}.get(name, name + "Config"), language, **{**BASE, **own})


def translation(generator):
    return {"input_ids": tokens(generator), "decoder_input_ids": tokens(generator, 9)}, tokens(generator, 9)


def recording(generator):
    return ({"input_features": torch.randn(ROWS, 8, 32, generator=generator), "decoder_input_ids": tokens(generator, 6)},
            tokens(generator, 6))


def pairs(generator):
    texts = tokens(generator)[:, :9]
    texts[:, 6] = TOKENS - 1
    return {"input_ids": texts, "pixel_values": torch.randn(ROWS, 3, 16, 16, generator=generator)}, None


def hidden(generator):
    return {"pixel_values": torch.randn(ROWS, 3, 16, 16, generator=generator),
            "noise": torch.rand(ROWS, 16, generator=generator)}, None


def series(generator):
    return ({"past_values": torch.randn(ROWS, 32, 2, generator=generator)}, torch.randn(ROWS, 8, 2, generator=generator))


GROUPED = dict(num_key_value_heads=1)
SEQUENCES = dict(vocab_size=TOKENS, d_model=WIDTH, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                 decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32)
VISION = dict(hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=16,
              patch_size=4)
EXPERTS = dict(num_experts_per_tok=2, **GROUPED)
ARCHITECTURES.update({
    "hf-llama": causal("Llama", **GROUPED),
    "hf-bert": causal("Bert"),
    "hf-roberta": causal("Roberta", pad_token_id=1),
    "hf-qwen3": causal("Qwen3", head_dim=8, **GROUPED),
    "hf-opt": causal("OPT", ffn_dim=32, word_embed_proj_dim=WIDTH, pad_token_id=1),
    "hf-falcon": causal("Falcon", multi_query=True, parallel_attn=True, new_decoder_architecture=False),
    "hf-mixtral": causal("Mixtral", num_local_experts=3, head_dim=8, **EXPERTS),
    "hf-gemma3": causal("Gemma3", head_dim=8, sliding_window=4, query_pre_attn_scalar=8,
                        layer_types=["sliding_attention", "full_attention"], **GROUPED),
    "hf-phi3": causal("Phi3", pad_token_id=0, bos_token_id=1, eos_token_id=2, **GROUPED),
    "hf-olmo2": causal("Olmo2", pad_token_id=0, **GROUPED),
    "hf-starcoder2": causal("Starcoder2", sliding_window=4, **GROUPED),
    "hf-bloom": causal("Bloom", **{**NO_BASE, "vocab_size": TOKENS, "hidden_size": WIDTH}, n_layer=2, n_head=2),
    "hf-gptj": causal("GPTJ", **{**NO_BASE, "vocab_size": TOKENS}, n_embd=WIDTH, n_layer=2, n_head=2, rotary_dim=4,
                      n_positions=32),
    "hf-qwen3-moe": causal("Qwen3Moe", head_dim=8, num_experts=3, moe_intermediate_size=16, norm_topk_prob=True,
                           **EXPERTS),
    "hf-gpt-oss": causal("GptOss", head_dim=8, num_local_experts=3, sliding_window=4,
                         layer_types=["sliding_attention", "full_attention"], **EXPERTS),
    "hf-deepseek-v3": causal("DeepseekV3", q_lora_rank=8, kv_lora_rank=8, qk_rope_head_dim=4, qk_nope_head_dim=8,
                             v_head_dim=8, n_routed_experts=4, num_experts_per_tok=2, n_group=2, topk_group=1,
                             first_k_dense_replace=1, moe_intermediate_size=16, n_shared_experts=1),
    "hf-mamba2": causal("Mamba2", **{**NO_BASE, "vocab_size": TOKENS, "hidden_size": WIDTH, "num_hidden_layers": 2},
                        num_heads=4, head_dim=8, state_size=8, n_groups=1, chunk_size=8, expand=2),
    "hf-albert": causal("Albert", embedding_size=8),
    "hf-electra": causal("Electra", embedding_size=8),
    "hf-modernbert": causal("ModernBert", pad_token_id=0, local_attention=4),
    "hf-mpnet": causal("MPNet"),
    "hf-deberta-v2": causal("DebertaV2", relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8,
                            share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False,
                            max_relative_positions=-1),
    "hf-fnet": causal("FNet", num_attention_heads=None),
    "hf-xlnet": transformer("XLNetLMHeadModel", "XLNetConfig", language, vocab_size=TOKENS, d_model=WIDTH, n_layer=2,
                            n_head=2, d_inner=32),
    "hf-bart": transformer("BartForConditionalGeneration", "BartConfig", translation, max_position_embeddings=32,
                           **SEQUENCES),
    "hf-marian": transformer("MarianMTModel", "MarianConfig", translation, max_position_embeddings=32, pad_token_id=0,
                             eos_token_id=1, decoder_start_token_id=0, **SEQUENCES),
    "hf-t5": transformer("T5ForConditionalGeneration", "T5Config", translation, attention="eager", vocab_size=TOKENS,
                         d_model=WIDTH, d_kv=8, d_ff=32, num_layers=1, num_heads=2, feed_forward_proj="gated-gelu",
                         tie_word_embeddings=False, decoder_start_token_id=0),
    "hf-whisper": transformer("WhisperForConditionalGeneration", "WhisperConfig", recording, num_mel_bins=8,
                              max_source_positions=16, max_target_positions=16, pad_token_id=0, bos_token_id=1,
                              eos_token_id=2, decoder_start_token_id=3, **SEQUENCES),
    "hf-clip": transformer("CLIPModel", "CLIPConfig", pairs, "output", whole=PairLoss,
                           text_config={**BASE, "eos_token_id": TOKENS - 1, "pad_token_id": 1}, vision_config=VISION,
                           projection_dim=8),
    "hf-vitmae": transformer("ViTMAEForPreTraining", "ViTMAEConfig", hidden, "output", whole=HiddenLoss,
                             **VISION, decoder_hidden_size=8, decoder_num_hidden_layers=1,
                             decoder_num_attention_heads=2, decoder_intermediate_size=16),
    "hf-dinov2": transformer("Dinov2ForImageClassification", "Dinov2Config", images(), num_labels=5, **VISION),
    "hf-patchtst": transformer("PatchTSTForPrediction", "PatchTSTConfig", series, "mse", num_input_channels=2,
                               context_length=32, prediction_length=8, patch_length=8, patch_stride=8, d_model=WIDTH,
                               num_attention_heads=2, num_hidden_layers=1, ffn_dim=32, scaling="std", do_mask_input=False),
})


# Models of timm ---------------------------------------------------------------

def timm_model(name, size=32, **options):
    def build():
        import timm
        timm.layers.set_fused_attn(False)
        net = timm.create_model(name, pretrained=False, num_classes=5, **options)
        return Pictures(net), images(size, rows=4), "cross-entropy"
    return build


def narrow_efficientnet():
    from timm.models.efficientnet import _gen_efficientnet
    net = _gen_efficientnet("efficientnet_b0", channel_multiplier=.25, depth_multiplier=.1, num_classes=5)
    return Pictures(net), images(32, rows=4), "cross-entropy"


def narrow_mixer():
    from timm.models.mlp_mixer import MlpMixer
    net = MlpMixer(num_classes=5, img_size=32, patch_size=8, num_blocks=2, embed_dim=WIDTH)
    return Pictures(net), images(32, rows=4), "cross-entropy"


TRANSFORMER = dict(img_size=32, depth=1, embed_dim=WIDTH, num_heads=2)
ARCHITECTURES.update({
    "timm-resnet": timm_model("resnet10t", channels=(8, 8, 16, 16), stem_width=8),
    "timm-seresnext": timm_model("seresnext26d_32x4d", layers=(1, 1, 1, 1), channels=(16, 16, 16, 16), stem_width=8),
    "timm-efficientnet": narrow_efficientnet,
    "timm-convnextv2": timm_model("convnextv2_atto", depths=(1, 1, 1, 1), dims=(8, 16, 16, 16)),
    "timm-mixer": narrow_mixer,
    "timm-vit": timm_model("vit_small_patch16_224", patch_size=8, **TRANSFORMER),
    "timm-beit": timm_model("beit_base_patch16_224", patch_size=8, **TRANSFORMER),
    "timm-cait": timm_model("cait_xxs24_224", patch_size=8, **TRANSFORMER),
    "timm-xcit": timm_model("xcit_nano_12_p16_224", **TRANSFORMER),
    "timm-eva02": timm_model("eva02_tiny_patch14_224", patch_size=8, **TRANSFORMER),
    "timm-swin": timm_model("swin_tiny_patch4_window7_224", img_size=32, window_size=4, depths=(1, 2), embed_dim=8,
                            num_heads=(1, 2)),
})


# Modules of which default exports lose something in special ways ----------------

def elementwise(forward, **shapes):
    """Returns a builder: parameters of `shapes`, used by `forward(net, x)` between two linear
    layers of width 8."""
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


def moved_norm():
    """A batch normalisation as training leaves it."""
    norm = nn.BatchNorm2d(8)
    for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        nn.init.uniform_(tensor, 0.5, 1.5)
    return norm


def pointwise():
    return nn.Conv2d(8, 8, 1, bias=False)


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
    "odd-repeated-table": elementwise(lambda n, x: (x.tanh().unsqueeze(1) + n.q.weight.unsqueeze(0).repeat(6, 1, 1)).sum(1)
                                      + n.q.weight.exp().sum(0), q=lambda: nn.Embedding(4, 8)),
    "odd-folded-branches": elementwise(lambda n, x: (n.b(n.c(x.view(-1, 8, 1, 1))) + n.d(n.e(x.view(-1, 8, 1, 1)))).flatten(1),
                                       b=moved_norm, c=pointwise, d=moved_norm, e=pointwise),
    "odd-exponential": elementwise(lambda n, x: x * n.s.exp(), s=filled(0.3)),
})
