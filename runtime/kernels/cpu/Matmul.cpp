//===- Matmul.cpp - batched matrix product ----------------------------------===//
//
// matmul {a, b, bias, addend, c, sums, [workspace]}
//   {batch, m, n, k, transA, transB, batchA, batchB, withBias, withAddend, summed}
//   a  [batch, m, k], or [batch, k, m] when transA; without `batch` when batchA is 0
//   b  [batch, k, n], or [batch, n, k] when transB; without `batch` when batchB is 0
//   bias [n], addend [batch, m, n]: null unless withBias, withAddend
//   c  [batch, m, n]  out: c[i] = addend[i] + op(a[i]) op(b[i]) + bias
//   sums [m] or [n]  out: the sums over k of a (summed 1, with transA) or b (summed 2, without
//     transB), if batch is 1; else null, and summed is 0
// c may be the addend's bytes, and shares them with no other operand. If the type is bf16, a and b
// are, and are widened as they are packed; all else is f32. f64 is computed by MatmulPlain.cpp.
//
// Each thread computes a part of every c (or whole batch entries) and packs the operands that
// it needs into its share of the workspace. k is cut at multiples of 256: within a
// piece an element is one chain of fused multiply-adds; the pieces are added in
// order to the addend (or 0), then the bias. Bits depend on k alone. Blocking as in Goto and van de
// Geijn (2008).
//===----------------------------------------------------------------------===//
#include "../../rules/MatmulSizes.h"

#include "FactorSums.h"
#include "Gemm.h"
#include "MatmulPlain.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

constexpr int64_t kBlockM = 144, kBlockN = 256, kBlockK = 256;

int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

int64_t leftFloats(const MatmulSizes &s) {
  return gemm::packedRows(least(s.m, kBlockM), least(s.k, kBlockK));
}
int64_t rightFloats(const MatmulSizes &s) {
  return gemm::packedColumns(least(s.k, kBlockK), least(s.n, kBlockN));
}

int64_t workspace(const LaunchShape &shape) {
  if (shape.type == ElementType::f64)
    return 0;
  MatmulSizes s(shape.sizes);
  int64_t bytes = shape.threads * (leftFloats(s) + rightFloats(s)) * int64_t(sizeof(float));
  return bytes > 0 ? bytes : 64;
}

/// The rows [i0, i1) and columns [j0, j1) of a product that one thread computes.
struct Part {
  int64_t i0, i1, j0, j1;
};

/// What is added to a product, or null.
struct Addends {
  const float *bias, *addend;
};

void addBias(const float *bias, float *c, int64_t stride, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      c[i * stride + j] += bias[j];
}

template <typename T>
void multiplyPart(const MatmulSizes &s, gemm::ViewOf<T> a, gemm::ViewOf<T> b, Addends plus,
                  float *c, Part part, float *left, float *right) {
  if (s.k == 0)
    for (int64_t i = part.i0; i < part.i1; ++i)
      for (int64_t j = part.j0; j < part.j1; ++j)
        c[i * s.n + j] =
            (plus.addend ? plus.addend[i * s.n + j] : 0.0f) + (plus.bias ? plus.bias[j] : 0.0f);
  for (int64_t j = part.j0; j < part.j1; j += kBlockN) {
    int64_t columns = least(kBlockN, part.j1 - j);
    for (int64_t p = 0; p < s.k; p += kBlockK) {
      int64_t depth = least(kBlockK, s.k - p);
      gemm::packRight(b.at(p, j), depth, columns, right);
      for (int64_t i = part.i0; i < part.i1; i += kBlockM) {
        int64_t rows = least(kBlockM, part.i1 - i);
        float *block = c + i * s.n + j;
        gemm::packLeft(a.at(i, p), rows, depth, left);
        const float *before = p > 0 ? block : plus.addend ? plus.addend + i * s.n + j : nullptr;
        gemm::multiplyOnto(before, left, right, rows, columns, depth, block, s.n);
        if (plus.bias && p + depth == s.k)
          addBias(plus.bias + j, block, s.n, rows, columns);
      }
    }
  }
}

/// Cuts [0, count) into `parts` at multiples of `grain`; returns the start of part `index`.
int64_t cut(int64_t count, int64_t grain, int64_t parts, int64_t index) {
  int64_t grains = (count + grain - 1) / grain;
  return least(count, grains * index / parts * grain);
}

/// Returns the number of threads along m: the divisor of `threads` that gives the busiest thread
/// the least work, packing included.
int64_t threadsAlongRows(const MatmulSizes &s, int threads) {
  int64_t best = 1;
  double bestCost = 0;
  for (int64_t along = 1; along <= threads; ++along) {
    if (threads % along)
      continue;
    int64_t rows = cut(s.m, gemm::kRowPadding, along, 1);
    int64_t columns = cut(s.n, gemm::kColumnPadding, threads / along, 1);
    rows = rows ? rows : s.m, columns = columns ? columns : s.n;
    double cost = double(rows) * columns / 32 + 2.0 * rows + 2.0 * columns;
    if (along == 1 || cost < bestCost)
      best = along, bestCost = cost;
  }
  return best;
}

template <typename T> void multiplyOf(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  const T *a = launch.buffer<T>(0), *b = launch.buffer<T>(1);
  const float *bias = launch.buffer<float>(2), *addend = launch.buffer<float>(3);
  float *c = launch.buffer<float>(4), *space = launch.buffer<float>(6);
  int64_t leftSize = leftFloats(s), share = leftSize + rightFloats(s);
  int threads = launch.threads;
  auto product = [&](int64_t entry, Part part, int thread) {
    gemm::ViewOf<T> viewA{a + (s.batchA ? entry * s.m * s.k : 0), s.transA ? 1 : s.k,
                          s.transA ? s.m : 1};
    gemm::ViewOf<T> viewB{b + (s.batchB ? entry * s.k * s.n : 0), s.transB ? 1 : s.n,
                          s.transB ? s.k : 1};
    float *left = space + thread * share;
    int64_t first = entry * s.m * s.n;
    multiplyPart(s, viewA, viewB, {bias, addend ? addend + first : nullptr}, c + first, part, left,
                 left + leftSize);
  };
  int64_t work = s.batch * s.m * s.n * s.k / 8;
  if (s.batch >= threads) {
    cpu::parallelRanges(threads, s.batch, 1, work, [&](int thread, int64_t begin, int64_t end) {
      for (int64_t entry = begin; entry < end; ++entry)
        product(entry, {0, s.m, 0, s.n}, thread);
    });
    return;
  }
  int64_t down = threadsAlongRows(s, threads), across = threads / down;
  for (int64_t entry = 0; entry < s.batch; ++entry)
    cpu::parallelFor(threads, threads, work, [&](int64_t thread) {
      int64_t y = thread / across, x = thread % across;
      product(entry,
              {cut(s.m, gemm::kRowPadding, down, y), cut(s.m, gemm::kRowPadding, down, y + 1),
               cut(s.n, gemm::kColumnPadding, across, x),
               cut(s.n, gemm::kColumnPadding, across, x + 1)},
              static_cast<int>(thread));
    });
}

void multiply(const Launch &launch) {
  if (launch.type == ElementType::f64)
    return plain::multiply(launch);
  launch.type == ElementType::bf16 ? multiplyOf<Bf16>(launch) : multiplyOf<float>(launch);
}

void run(const Launch &launch) {
  multiply(launch);
  cpu::sumFactor(launch);
}

} // namespace

const KernelOf<MatmulArguments> matmul = {"matmul", run, workspace};

} // namespace plimsoll
