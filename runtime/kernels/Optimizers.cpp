//===- Optimizers.cpp - one update of a parameter, as PyTorch computes it ---===//
//
// Buffers, the sizes {count, decayed, ...} and what stands behind the scalars: see Update.h.
// adamw {param, grad, m, v, hyper} {beta1, beta2, epsilon}
//   param *= 1 - lr * decay; m = lerp(m, grad, 1 - beta1);
//   v = beta2 * v + (1 - beta2) * grad^2; param -= stepSize * m / (sqrt(v) / sqrtBias2 + epsilon)
// adam: the same, but grad += decay * param in front instead
// sgd {param, grad, momentum | null, hyper} {count, decayed, nesterov} {momentum}
//   grad += decay * param; momentum = momentum * mu + grad, at step 1 grad;
//   param -= lr * momentum, or lr * (grad + mu * momentum) with nesterov
// lion {param, grad, m, hyper} {beta1, beta2}
//   param *= 1 - lr * decay; param -= lr * sign(beta1 * m + (1 - beta1) * grad);
//   m = beta2 * m + (1 - beta2) * grad
// adagrad {param, grad, sum, hyper} {epsilon}
//   grad += decay * param; sum += grad^2; param -= lr * grad / (sqrt(sum) + epsilon)
// rmsprop {param, grad, v, momentum | null, hyper} {alpha, epsilon, momentum}
//   grad += decay * param; v = alpha * v + (1 - alpha) * grad^2;
//   x = grad / (sqrt(v) + epsilon); momentum = mu * momentum + x; param -= lr * (momentum or x)
// param and states are updated in place.
//
// Elementwise, each operation rounded as torch.optim's single-tensor form rounds it.
// Source: Loshchilov and Hutter (2019), algorithm 2; Chen et al. (2023), algorithm 2;
// torch/optim/{adamw,adam,sgd,adagrad,rmsprop}.py.
//===----------------------------------------------------------------------===//
#include "Update.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

// AdamW and Adam ------------------------------------------------------------

struct Moments {
  float oneMinusBeta1, beta2, oneMinusBeta2, epsilon;
};

template <bool decoupled>
void adamRange(float *__restrict p, const float *__restrict g, float *__restrict m,
               float *__restrict v, int64_t count, Moments f, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float param = decoupled ? p[i] * rates.decayFactor : p[i];
    float gradient = rates.clipped(g[i]);
    if (!decoupled)
      gradient = gradient + rates.decay * param;
    float first = m[i] + f.oneMinusBeta1 * (gradient - m[i]);
    float second = v[i] * f.beta2 + f.oneMinusBeta2 * gradient * gradient;
    float denominator = __builtin_sqrtf(second) / rates.sqrtBias2 + f.epsilon;
    m[i] = first;
    v[i] = second;
    p[i] = param - rates.stepSize * first / denominator;
  }
}

template <bool decoupled> void runAdam(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *m = launch.buffer<float>(2), *v = launch.buffer<float>(3);
  double beta1 = launch.scalars[0], beta2 = launch.scalars[1];
  Moments moments{static_cast<float>(1.0 - beta1), static_cast<float>(beta2),
                  static_cast<float>(1.0 - beta2), static_cast<float>(launch.scalars[2])};
  Rates rates = ratesOf(launch, 2, 3);
  forElements(launch, 4, [&](int64_t begin, int64_t end) {
    adamRange<decoupled>(p + begin, g + begin, m + begin, v + begin, end - begin, moments, rates);
  });
}

// SGD -----------------------------------------------------------------------

void sgdRange(float *__restrict p, const float *__restrict g, int64_t count, Rates rates) {
  for (int64_t i = 0; i < count; ++i)
    p[i] = p[i] - rates.lr * (rates.clipped(g[i]) + rates.decay * p[i]);
}

void sgdMomentumRange(float *__restrict p, const float *__restrict g, float *__restrict m,
                      int64_t count, float momentum, bool nesterov, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = rates.clipped(g[i]) + rates.decay * p[i];
    float moving = rates.first ? gradient : m[i] * momentum + gradient;
    m[i] = moving;
    p[i] = p[i] - rates.lr * (nesterov ? gradient + momentum * moving : moving);
  }
}

void runSgd(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *m = launch.buffer<float>(2), momentum = static_cast<float>(launch.scalars[0]);
  bool nesterov = launch.sizes[2] != 0;
  Rates rates = ratesOf(launch, 1, 1);
  forElements(launch, 2, [&](int64_t begin, int64_t end) {
    if (m)
      sgdMomentumRange(p + begin, g + begin, m + begin, end - begin, momentum, nesterov, rates);
    else
      sgdRange(p + begin, g + begin, end - begin, rates);
  });
}

// Lion ----------------------------------------------------------------------

struct LionFactors {
  float beta1, oneMinusBeta1, beta2, oneMinusBeta2;
};

void lionRange(float *__restrict p, const float *__restrict g, float *__restrict m, int64_t count,
               LionFactors f, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = rates.clipped(g[i]);
    float direction = m[i] * f.beta1 + gradient * f.oneMinusBeta1;
    float sign = direction > 0.0f ? 1.0f : direction < 0.0f ? -1.0f : direction; // NaN stays NaN
    m[i] = m[i] * f.beta2 + gradient * f.oneMinusBeta2;
    p[i] = p[i] * rates.decayFactor - rates.lr * sign;
  }
}

void runLion(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1), *m = launch.buffer<float>(2);
  double beta1 = launch.scalars[0], beta2 = launch.scalars[1];
  LionFactors factors{static_cast<float>(beta1), static_cast<float>(1.0 - beta1),
                      static_cast<float>(beta2), static_cast<float>(1.0 - beta2)};
  Rates rates = ratesOf(launch, 1, 2);
  forElements(launch, 3, [&](int64_t begin, int64_t end) {
    lionRange(p + begin, g + begin, m + begin, end - begin, factors, rates);
  });
}

// Adagrad -------------------------------------------------------------------

void adagradRange(float *__restrict p, const float *__restrict g, float *__restrict sum,
                  int64_t count, float epsilon, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = rates.clipped(g[i]) + rates.decay * p[i];
    sum[i] = sum[i] + gradient * gradient;
    p[i] = p[i] - rates.lr * gradient / (__builtin_sqrtf(sum[i]) + epsilon);
  }
}

void runAdagrad(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1), *sum = launch.buffer<float>(2);
  float epsilon = static_cast<float>(launch.scalars[0]);
  Rates rates = ratesOf(launch, 1, 1);
  forElements(launch, 3, [&](int64_t begin, int64_t end) {
    adagradRange(p + begin, g + begin, sum + begin, end - begin, epsilon, rates);
  });
}

// RMSprop -------------------------------------------------------------------

struct RmspropFactors {
  float alpha, oneMinusAlpha, epsilon, momentum;
};

/// Moves the average square by one gradient; what the gradient is divided by.
inline float movedRoot(float gradient, float &average, RmspropFactors f) {
  average = average * f.alpha + f.oneMinusAlpha * gradient * gradient;
  return __builtin_sqrtf(average) + f.epsilon;
}

void rmspropRange(float *__restrict p, const float *__restrict g, float *__restrict v,
                  int64_t count, RmspropFactors f, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = rates.clipped(g[i]) + rates.decay * p[i];
    p[i] = p[i] - rates.lr * gradient / movedRoot(gradient, v[i], f);
  }
}

void rmspropMomentumRange(float *__restrict p, const float *__restrict g, float *__restrict v,
                          float *__restrict m, int64_t count, RmspropFactors f, Rates rates) {
  for (int64_t i = 0; i < count; ++i) {
    float gradient = rates.clipped(g[i]) + rates.decay * p[i];
    m[i] = m[i] * f.momentum + gradient / movedRoot(gradient, v[i], f);
    p[i] = p[i] - rates.lr * m[i];
  }
}

void runRmsprop(const Launch &launch) {
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *v = launch.buffer<float>(2), *m = launch.buffer<float>(3);
  RmspropFactors factors{
      static_cast<float>(launch.scalars[0]), static_cast<float>(1.0 - launch.scalars[0]),
      static_cast<float>(launch.scalars[1]), static_cast<float>(launch.scalars[2])};
  Rates rates = ratesOf(launch, 2, 3);
  forElements(launch, 4, [&](int64_t begin, int64_t end) {
    if (m)
      rmspropMomentumRange(p + begin, g + begin, v + begin, m + begin, end - begin, factors, rates);
    else
      rmspropRange(p + begin, g + begin, v + begin, end - begin, factors, rates);
  });
}

} // namespace

const Kernel adamw = {"adamw", runAdam<true>};
const Kernel adam = {"adam", runAdam<false>};
const Kernel sgd = {"sgd", runSgd};
const Kernel lion = {"lion", runLion};
const Kernel adagrad = {"adagrad", runAdagrad};
const Kernel rmsprop = {"rmsprop", runRmsprop};

} // namespace plimsoll
