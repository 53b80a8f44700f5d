"""The functions whose values and gradients at special points are recorded (record.py).

One entry for each: name -> Function. A function of PyTorch is exported as users export it, to test
each form in which it reaches the compiler; one with a `graph`, in the syntax of onnx.parser, is for
an operator that PyTorch does not write. `kind` selects the points (points.py).
Functions that no exporter of PyTorch 2.15 supports (rrelu, hypot, cdist) are not here.
"""

import dataclasses
from typing import Callable

import torch
import torch.nn.functional as F

FUNCTIONS = {}


@dataclasses.dataclass
class Function:
    call: Callable
    kind: str
    graph: str = ""


def _add(kind, **functions):
    for name, call in functions.items():
        FUNCTIONS[name] = Function(call, kind)


def _prelu(x):
    return F.prelu(x, torch.tensor([0.25]))


_add(
    "element",
    # functions that are one op of nn
    abs=torch.abs, exp=torch.exp, log=torch.log, sqrt=torch.sqrt, reciprocal=torch.reciprocal,
    sin=torch.sin, cos=torch.cos, tanh=torch.tanh, erf=torch.erf, sigmoid=torch.sigmoid,
    relu=torch.relu, sign=torch.sign, floor=torch.floor, ceil=torch.ceil, round=torch.round,
    neg=torch.neg, gelu=F.gelu, gelu_tanh=lambda x: F.gelu(x, approximate="tanh"),
    isnan=lambda x: torch.where(torch.isnan(x), 2.0, x),
    # clamps
    relu6=F.relu6, hardtanh=F.hardtanh, hardtanh_of_2=lambda x: F.hardtanh(x, -2.0, 3.0),
    clamp=lambda x: x.clamp(-1.0, 1.0), clamp_whole=lambda x: x.clamp(-1, 2),
    clamp_min=lambda x: x.clamp(min=0.5), clamp_max=lambda x: x.clamp(max=0.5),
    clamp_min_zero=lambda x: x.clamp(min=0), clamp_crossed=lambda x: x.clamp(2.0, 1.0),
    clamp_tensor=lambda x: x.clamp(torch.tensor(-1.0), torch.tensor(1.0)),
    clamp_tensors=lambda x: torch.clamp(x, torch.tensor([-1.0]), torch.tensor([0.5])),
    maximum_of_number=lambda x: torch.maximum(x, torch.tensor(1.0)),
    minimum_of_number=lambda x: torch.minimum(x, torch.tensor([-1.0])),
    hardsigmoid=F.hardsigmoid, hardswish=F.hardswish,
    # kinks at zero
    leaky_relu=F.leaky_relu, leaky_relu_of_2=lambda x: F.leaky_relu(x, 0.2), prelu=_prelu,
    elu=F.elu, elu_of_15=lambda x: F.elu(x, 1.5),
    selu=F.selu, celu=F.celu, celu_of_2=lambda x: F.celu(x, 2.0),
    threshold=lambda x: F.threshold(x, 1.0, 0.0), threshold_below=lambda x: F.threshold(x, -0.5, 2.0),
    softsign=F.softsign, hardshrink=F.hardshrink, softshrink=F.softshrink,
    tanhshrink=F.tanhshrink,
    # logarithms of sums of exponentials
    softplus=F.softplus, softplus_of_3=lambda x: F.softplus(x, beta=3.0),
    softplus_threshold=lambda x: F.softplus(x, beta=2.0, threshold=4.0), mish=F.mish,
    logsigmoid=F.logsigmoid, log_of_sigmoid=lambda x: torch.log(torch.sigmoid(x)),
    log_of_softplus=lambda x: torch.log(F.softplus(x)), silu=F.silu,
    log1p_of_exp=lambda x: torch.log1p(torch.exp(-x.abs())),
    # functions that exporters write as formulas
    sinc=torch.sinc, xlogy=lambda x: torch.xlogy(x, x), square=torch.square, rsqrt=torch.rsqrt,
    log1p=torch.log1p, expm1=torch.expm1, log2=torch.log2, exp2=torch.exp2,
    nan_to_num=torch.nan_to_num, relu_of_square=lambda x: F.relu(x) ** 2, frac=torch.frac,
    trunc=torch.trunc, tan=torch.tan, sinh=torch.sinh, cosh=torch.cosh, asin=torch.asin,
    acos=torch.acos, atan=torch.atan, asinh=torch.asinh, acosh=torch.acosh, atanh=torch.atanh,
    isinf=lambda x: torch.where(torch.isinf(x), 2.0, x), heaviside=lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    # powers
    pow_0=lambda x: x ** 0, pow_1=lambda x: x ** 1, pow_2=lambda x: x ** 2, pow_3=lambda x: x ** 3,
    pow_half=lambda x: x ** 0.5, pow_15=lambda x: x ** 1.5, pow_third=lambda x: x ** (1 / 3),
    pow_m1=lambda x: x ** -1, pow_mhalf=lambda x: x ** -0.5, pow_m2=lambda x: x ** -2.0,
    pow_of_abs=lambda x: x.abs() ** 0.5,
    pow_table=lambda x: x.unsqueeze(-1) ** torch.tensor([0.0, 1.0, 2.0, 3.0, 0.5, -1.0]),
    power_of_2=lambda x: 2.0 ** x, power_of_0=lambda x: 0.0 ** x,
    power_of_table=lambda x: torch.tensor([0.0, 1.0, 2.0, -1.0]) ** x.unsqueeze(-1),
    # functions made from casts or choices
    cast=lambda x: x.double().float(), where=lambda x: torch.where(x > 1, x, -x),
    where_or=lambda x: torch.where((x > 1) | (x < -1), x, 0.5 * x),
    where_and=lambda x: torch.where((x > -1) & ~(x >= 1), x, 0.5 * x),
    where_xor=lambda x: torch.where((x > -1) ^ (x == 3), x, 0.5 * x),
    remainder_of_2=lambda x: torch.remainder(x, 2.0), fmod_of_2=lambda x: torch.fmod(x, 2.0),
)

_add(
    "pair",
    add=torch.add, sub=torch.sub, mul=torch.mul, div=torch.div, pow=torch.pow,
    maximum=torch.maximum, minimum=torch.minimum, logaddexp=torch.logaddexp,
    log_of_two_exps=lambda a, b: torch.log(torch.exp(a) + torch.exp(b)),
    prelu_of_slope=lambda a, b: torch.where(a > 0, a, a * b),
    bce_with_logits=lambda a, b: F.binary_cross_entropy_with_logits(
        a, b.clamp(0, 1), reduction="none"),
    smooth_l1=lambda a, b: F.smooth_l1_loss(a, b, reduction="none"),
    huber=lambda a, b: F.huber_loss(a, b, reduction="none", delta=0.5),
    l1_loss=lambda a, b: F.l1_loss(a, b, reduction="none"),
    clamp_by_tensor=lambda a, b: torch.clamp(a, max=b),
    lerp=lambda a, b: torch.lerp(a, b, 0.25),
)

_add(
    "rows",
    sum=lambda x: x.sum(-1), mean=lambda x: x.mean(-1), prod=lambda x: x.prod(-1),
    amax=lambda x: x.amax(-1), amin=lambda x: x.amin(-1),
    max_dim=lambda x: x.max(-1).values, min_dim=lambda x: x.min(-1).values,
    max_dim_kept=lambda x: x.max(-1, keepdim=True).values,
    max_dim_both=lambda x: (lambda m: m.values * (m.indices + 1.0))(x.max(-1)),
    max_dim_first=lambda x: x.t().max(0).values, min_dim_first=lambda x: x.t().min(0)[0],
    argmax=lambda x: x.gather(-1, x.argmax(-1, keepdim=True)),
    argmin=lambda x: x.gather(-1, x.argmin(-1, keepdim=True)),
    norm=lambda x: x.norm(dim=-1), norm_kept=lambda x: x / (x.norm(dim=-1, keepdim=True) + 1e-3),
    norm_1=lambda x: x.norm(p=1, dim=-1), norm_3=lambda x: x.norm(p=3, dim=-1),
    norm_half=lambda x: x.norm(p=0.5, dim=-1), norm_inf=lambda x: x.norm(p=float("inf"), dim=-1),
    norm_minus_inf=lambda x: x.norm(p=float("-inf"), dim=-1),
    norm_0=lambda x: x.norm(p=0, dim=-1), vector_norm=lambda x: torch.linalg.vector_norm(x, dim=1),
    frobenius=lambda x: torch.linalg.matrix_norm(x.unsqueeze(1)),
    normalize=lambda x: F.normalize(x, dim=-1), normalize_1=lambda x: F.normalize(x, p=1, dim=-1),
    root_of_squares=lambda x: (x * x).sum(-1).sqrt(),
    root_of_squares_pow=lambda x: x.pow(2).sum(-1).sqrt(),
    cosine=lambda x: F.cosine_similarity(x, x.flip(-1), dim=-1),
    pairwise_distance=lambda x: F.pairwise_distance(x, x.flip(-1)),
    std=lambda x: x.std(-1), std_biased=lambda x: x.std(-1, unbiased=False),
    std_kept=lambda x: x / (x.std(-1, keepdim=True) + 1e-6), var=lambda x: x.var(-1),
    std_first=lambda x: x.t().std(0), std_of_two=lambda x: x.unsqueeze(1).std((1, 2)),
    std_mean=lambda x: sum(torch.std_mean(x, -1)), var_root=lambda x: x.var(-1).sqrt(),
    var_biased=lambda x: x.var(-1, unbiased=False),
    std_with_epsilon=lambda x: (x.var(-1) + 1e-5).sqrt(),
    standardize=lambda x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-5),
    softmax=lambda x: x.softmax(-1), log_softmax=lambda x: x.log_softmax(-1),
    softmin=lambda x: F.softmin(x, dim=-1), log_of_softmax=lambda x: x.softmax(-1).log(),
    logsumexp=lambda x: x.logsumexp(-1), sort=lambda x: x.sort(-1).values,
    topk=lambda x: x.topk(1, -1).values, cumsum=lambda x: x.cumsum(-1),
    layer_norm=lambda x: F.layer_norm(x, x.shape[-1:]),
    rms_norm=lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-6),
    layer_norm_by_hand=lambda x: (x - x.mean(-1, keepdim=True)) /
    (x.var(-1, keepdim=True, unbiased=False) + 1e-5).sqrt(),
    rms_norm_by_hand=lambda x: x * (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt(),
    max_pool=lambda x: F.max_pool1d(x.unsqueeze(1), 1 if x.shape[-1] < 2 else 2),
    avg_pool=lambda x: F.avg_pool1d(x.unsqueeze(1), 1 if x.shape[-1] < 2 else 2),
    scatter_add=lambda x: torch.zeros_like(x).scatter_add(
        -1, torch.zeros_like(x, dtype=torch.int64), x),
    scatter_amax=lambda x: torch.zeros_like(x).scatter_reduce(
        -1, torch.zeros_like(x, dtype=torch.int64), x, "amax"),
    scatter_prod=lambda x: torch.ones_like(x).scatter_reduce(
        -1, torch.zeros_like(x, dtype=torch.int64), x, "prod"),
    glu=lambda x: F.glu(torch.cat([x, x], -1), -1), all_max=lambda x: x.max(1, True)[0] - x,
)


def _graphs(kind, **graphs):
    for name, (call, graph) in graphs.items():
        FUNCTIONS[name] = Function(call, kind, graph)


def _lp_normal(x, p):
    norm = x.norm(p=p, dim=-1, keepdim=True)
    return torch.where(norm == 0, torch.zeros_like(x), x / torch.where(norm == 0, 1, norm))


_graphs(
    "element",
    thresholded_relu=(lambda x: F.threshold(x, 1.0, 0.0), "y = ThresholdedRelu <alpha = 1.0> (x)"),
    hard_sigmoid_of_02=(lambda x: torch.clamp(0.2 * x + 0.5, 0.0, 1.0), "y = HardSigmoid (x)"),
    swish_of_2=(lambda x: x * torch.sigmoid(2.0 * x), "y = Swish <alpha = 2.0> (x)"),
    softplus_plain=(F.softplus, "y = Softplus (x)"), softsign_plain=(F.softsign, "y = Softsign (x)"),
    shrink=(F.softshrink, "y = Shrink <bias = 0.5, lambd = 0.5> (x)"),
    shrink_hard=(F.hardshrink, "y = Shrink <lambd = 0.5> (x)"),
    selu_of_2=(lambda x: 3.0 * F.elu(x, 2.0), "y = Selu <alpha = 2.0, gamma = 3.0> (x)"),
    cast_like=(lambda x: x.double().float(), "d = Cast <to = 11> (x) y = CastLike (d, x)"),
    mod_of_2=(lambda x: torch.fmod(x, 2.0),
              "two = Constant <value_float = 2.0> () y = Mod <fmod = 1> (x, two)"),
)
_graphs(
    "pair",
    sum_of_three=(lambda a, b: a + b + a, "y = Sum (a, b, a)"),
    mean_of_two=(lambda a, b: (a + b) * 0.5, "y = Mean (a, b)"),
    max_of_two=(torch.maximum, "y = Max (a, b)"), min_of_two=(torch.minimum, "y = Min (a, b)"),
    prelu_of_tensor=(lambda a, b: torch.where(a > 0, a, torch.where(a > 0, 0, a) * b),
                     "y = PRelu (a, b)"),
    less_or_equal=(lambda a, b: torch.where(a <= b, a, 2 * b),
                   "c = LessOrEqual (a, b) t = Add (b, b) y = Where (c, a, t)"),
)
_graphs(
    "rows",
    reduce_log_sum=(lambda x: x.sum(-1).log(),
                    "n = Constant <value_ints = [-1]> () y = ReduceLogSum <keepdims = 0> (x, n)"),
    reduce_sum_square=(lambda x: x.square().sum(-1), "n = Constant <value_ints = [-1]> () "
                       "y = ReduceSumSquare <keepdims = 0> (x, n)"),
    l2_of_elements=(torch.abs, "y = ReduceL2 <noop_with_empty_axes = 1> (x)"),
    lp_normalization=(lambda x: _lp_normal(x, 2), "y = LpNormalization (x)"),
    lp_normalization_1=(lambda x: _lp_normal(x, 1), "y = LpNormalization <p = 1> (x)"),
)
