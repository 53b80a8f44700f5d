//===- Conv2d.cpp - small convolutions and their gradients, direct ----------===//
//
// conv2d {x, w, y}, conv2d_grad_input {dy, w, dx}, conv2d_grad_weight {dy, x, dw}
//   sizes {N, C, H, W, K, R, S, P, Q, strideH, strideW, padTop, padLeft, dilH, dilW, groups}
//   x [N, C, H, W], w [K, C / groups, R, S], y [N, K, P, Q]
//   y[n,k,p,q] = sum over c, r, s of w[k,c,r,s] x[n,c, p strideH - padTop + r dilH, q ...]
// Outputs share bytes with no operand. No workspace.
//
// Sums run in a fixed order: forward over (c, r, s), gradient of the input over (k, r, s),
// gradient of the weight in f64 over (n, p, q) in 16 lanes a row of the image. An output
// plane (or filter) is one thread's. Meant for patches and small nets; the loops are direct.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "Lanes.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

struct ConvSizes {
  int64_t n, c, h, w, k, r, s, p, q, strideH, strideW, padTop, padLeft, dilH, dilW, groups;

  explicit ConvSizes(const int64_t *z)
      : n(z[0]), c(z[1]), h(z[2]), w(z[3]), k(z[4]), r(z[5]), s(z[6]), p(z[7]), q(z[8]),
        strideH(z[9]), strideW(z[10]), padTop(z[11]), padLeft(z[12]), dilH(z[13]), dilW(z[14]),
        groups(z[15]) {}

  int64_t channels() const { return c / groups; }
  int64_t filters() const { return k / groups; }
  int64_t work() const { return n * k * p * q * channels() * r * s / 4; }
};

struct Span {
  int64_t begin, end;
};

/// Outputs whose tap `tap` falls inside the image: 0 <= i * stride - pad + tap * dilation < size.
Span inside(int64_t outputs, int64_t stride, int64_t shift, int64_t size) {
  int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  int64_t end = size - shift <= 0 ? 0 : (size - shift + stride - 1) / stride;
  return {begin, end < outputs ? end : outputs};
}

/// Calls row(outRow, inRow, columns, firstColumn) for each pair of rows that tap (r, s) connects:
/// output (outRow, q) meets input (inRow, q * strideW + firstColumn) for q in `columns`.
template <typename Row>
inline void forEachRow(const ConvSizes &z, int64_t r, int64_t s, const Row &row) {
  int64_t down = r * z.dilH - z.padTop, right = s * z.dilW - z.padLeft;
  Span rows = inside(z.p, z.strideH, down, z.h), columns = inside(z.q, z.strideW, right, z.w);
  for (int64_t p = rows.begin; p < rows.end; ++p)
    row(p, p * z.strideH + down, columns, right);
}

void forwardPlane(const ConvSizes &z, const float *x, const float *w, float *y) {
  std::memset(y, 0, sizeof(float) * z.p * z.q);
  for (int64_t c = 0; c < z.channels(); ++c, x += z.h * z.w)
    for (int64_t r = 0; r < z.r; ++r)
      for (int64_t s = 0; s < z.s; ++s) {
        float weight = *w++;
        forEachRow(z, r, s, [&](int64_t p, int64_t h, Span columns, int64_t shift) {
          const float *from = x + h * z.w + shift;
          float *to = y + p * z.q;
          for (int64_t q = columns.begin; q < columns.end; ++q)
            to[q] += weight * from[q * z.strideW];
        });
      }
}

void runForward(const Launch &launch) {
  ConvSizes z(launch.sizes);
  const float *x = launch.buffer<float>(0), *w = launch.buffer<float>(1);
  float *y = launch.buffer<float>(2);
  cpu::parallelFor(launch.threads, z.n * z.k, z.work(), [&](int64_t plane) {
    int64_t n = plane / z.k, k = plane % z.k, firstChannel = k / z.filters() * z.channels();
    forwardPlane(z, x + (n * z.c + firstChannel) * z.h * z.w, w + k * z.channels() * z.r * z.s,
                 y + plane * z.p * z.q);
  });
}

/// One input plane: every filter of its group, every tap.
void inputPlane(const ConvSizes &z, const float *dy, const float *w, int64_t filterStride,
                float *dx) {
  std::memset(dx, 0, sizeof(float) * z.h * z.w);
  for (int64_t k = 0; k < z.filters(); ++k, dy += z.p * z.q, w += filterStride)
    for (int64_t r = 0; r < z.r; ++r)
      for (int64_t s = 0; s < z.s; ++s) {
        float weight = w[r * z.s + s];
        forEachRow(z, r, s, [&](int64_t p, int64_t h, Span columns, int64_t shift) {
          const float *from = dy + p * z.q;
          float *to = dx + h * z.w + shift;
          for (int64_t q = columns.begin; q < columns.end; ++q)
            to[q * z.strideW] += weight * from[q];
        });
      }
}

void runGradInput(const Launch &launch) {
  ConvSizes z(launch.sizes);
  const float *dy = launch.buffer<float>(0), *w = launch.buffer<float>(1);
  float *dx = launch.buffer<float>(2);
  cpu::parallelFor(launch.threads, z.n * z.c, z.work(), [&](int64_t plane) {
    int64_t n = plane / z.c, c = plane % z.c, group = c / z.channels();
    int64_t firstFilter = group * z.filters(), filterStride = z.channels() * z.r * z.s;
    inputPlane(z, dy + (n * z.k + firstFilter) * z.p * z.q,
               w + firstFilter * filterStride + c % z.channels() * z.r * z.s, filterStride,
               dx + plane * z.h * z.w);
  });
}

double weightTap(const ConvSizes &z, const float *dy, const float *x, int64_t r, int64_t s) {
  double sum = 0;
  for (int64_t n = 0; n < z.n; ++n, dy += z.k * z.p * z.q, x += z.c * z.h * z.w)
    forEachRow(z, r, s, [&](int64_t p, int64_t h, Span columns, int64_t shift) {
      const float *a = dy + p * z.q + columns.begin;
      const float *b = x + h * z.w + shift + columns.begin * z.strideW;
      sum += laneSum<double>(columns.end - columns.begin,
                             [&](int64_t q) { return double(a[q]) * double(b[q * z.strideW]); });
    });
  return sum;
}

void runGradWeight(const Launch &launch) {
  ConvSizes z(launch.sizes);
  const float *dy = launch.buffer<float>(0), *x = launch.buffer<float>(1);
  float *dw = launch.buffer<float>(2);
  cpu::parallelFor(launch.threads, z.k * z.channels(), z.work(), [&](int64_t plane) {
    int64_t k = plane / z.channels(), c = plane % z.channels();
    int64_t channel = k / z.filters() * z.channels() + c;
    for (int64_t r = 0; r < z.r; ++r)
      for (int64_t s = 0; s < z.s; ++s)
        dw[(plane * z.r + r) * z.s + s] =
            static_cast<float>(weightTap(z, dy + k * z.p * z.q, x + channel * z.h * z.w, r, s));
  });
}

} // namespace

const Kernel conv2d = {"conv2d", runForward};
const Kernel conv2d_grad_input = {"conv2d_grad_input", runGradInput};
const Kernel conv2d_grad_weight = {"conv2d_grad_weight", runGradWeight};

} // namespace plimsoll
