//===- Optimizers.cpp - AdamW and SGD, as PyTorch computes them -------------===//
//
// adamw {param, grad, m, v, hyper} {count, decayed} {beta1, beta2, epsilon}
//   param *= 1 - lr * decay (if decayed); m = lerp(m, grad, 1 - beta1);
//   v = beta2 * v + (1 - beta2) * grad^2; param -= stepSize * m / (sqrt(v) / sqrtBias2 + epsilon)
// sgd {param, grad, momentum | null, hyper} {count, decayed, nesterov} {momentum}
//   grad += decay * param (if decayed); momentum = momentum * mu + grad, at step 1 grad;
//   param -= lr * momentum, or lr * (grad + mu * momentum) with nesterov
// hyper: f32 [kHyperCount], see Hyper in Program.h. param, m, v and momentum are updated in place.
//
// Elementwise, each operation rounded as torch.optim's single-tensor form rounds it.
// Source: Loshchilov and Hutter (2019), algorithm 2; torch/optim/{adamw,sgd}.py.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Program.h"

namespace plimsoll {
namespace {

struct AdamwFactors {
  float decay, oneMinusBeta1, beta2, oneMinusBeta2, stepSize, sqrtBias2, epsilon;
};

void adamwRange(float *__restrict p, const float *__restrict g, float *__restrict m,
                float *__restrict v, int64_t count, AdamwFactors f) {
  for (int64_t i = 0; i < count; ++i) {
    float param = p[i] * f.decay;
    float first = m[i] + f.oneMinusBeta1 * (g[i] - m[i]);
    float second = v[i] * f.beta2 + f.oneMinusBeta2 * g[i] * g[i];
    float denominator = __builtin_sqrtf(second) / f.sqrtBias2 + f.epsilon;
    m[i] = first;
    v[i] = second;
    p[i] = param - f.stepSize * first / denominator;
  }
}

void runAdamw(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *m = launch.buffer<float>(2), *v = launch.buffer<float>(3);
  const float *hyper = launch.buffer<float>(4);
  double beta1 = launch.scalars[0], beta2 = launch.scalars[1];
  AdamwFactors factors{launch.sizes[1] ? hyper[kDecayFactor] : 1.0f,
                       static_cast<float>(1.0 - beta1),
                       static_cast<float>(beta2),
                       static_cast<float>(1.0 - beta2),
                       hyper[kStepSize],
                       hyper[kSqrtBias2],
                       static_cast<float>(launch.scalars[2])};
  cpu::parallelRanges(launch.threads, launch.sizes[0], 1024, launch.sizes[0] * 4,
                      [&](int, int64_t begin, int64_t end) {
                        adamwRange(p + begin, g + begin, m + begin, v + begin, end - begin,
                                   factors);
                      });
}

struct SgdFactors {
  float lr, decay, momentum;
  bool first, nesterov;
};

void sgdRange(float *__restrict p, const float *__restrict g, int64_t count, SgdFactors f) {
  for (int64_t i = 0; i < count; ++i)
    p[i] = p[i] - f.lr * (g[i] + f.decay * p[i]);
}

void sgdMomentumRange(float *__restrict p, const float *__restrict g, float *__restrict m,
                      int64_t count, SgdFactors f) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = g[i] + f.decay * p[i];
    float moving = f.first ? gradient : m[i] * f.momentum + gradient;
    m[i] = moving;
    p[i] = p[i] - f.lr * (f.nesterov ? gradient + f.momentum * moving : moving);
  }
}

void runSgd(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *m = launch.buffer<float>(2);
  const float *hyper = launch.buffer<float>(3);
  SgdFactors factors{hyper[kLearningRate], launch.sizes[1] ? hyper[kWeightDecay] : 0.0f,
                     static_cast<float>(launch.scalars[0]), hyper[kFirstStep] != 0.0f,
                     launch.sizes[2] != 0};
  cpu::parallelRanges(launch.threads, launch.sizes[0], 1024, launch.sizes[0] * 2,
                      [&](int, int64_t begin, int64_t end) {
                        if (m)
                          sgdMomentumRange(p + begin, g + begin, m + begin, end - begin, factors);
                        else
                          sgdRange(p + begin, g + begin, end - begin, factors);
                      });
}

} // namespace

const Kernel adamw = {"adamw", runAdamw};
const Kernel sgd = {"sgd", runSgd};

} // namespace plimsoll
