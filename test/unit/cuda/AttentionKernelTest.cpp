// Attention on the emulator, compared with the CPU's: layouts, masks, shared kv heads, head sizes.
#include "Compare.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

namespace {

namespace cuda = plimsoll::cuda;

struct Shape {
  int64_t batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim;
  bool headsInside, causal;
  int64_t maskKind = 0; ///< 1: bool [b, 1, q, k]; 2: f32 [1, heads, 1, k]; 3: f32 [b, heads, q, k]
  bool packed = false;  ///< queries, keys and values are one tensor

  Sizes sizes() const {
    bool full = maskKind == 3;
    int64_t headStride = maskKind == 2 ? keyLen : full ? queryLen * keyLen : 0;
    int64_t batchStride = maskKind == 1 ? queryLen * keyLen : full ? heads * queryLen * keyLen : 0;
    return {batch,
            heads,
            kvHeads,
            queryLen,
            keyLen,
            headDim,
            valueDim,
            packed ? 2 : int64_t(headsInside),
            causal,
            maskKind == 3 ? 2 : maskKind,
            batchStride,
            headStride,
            maskKind == 1 || full ? keyLen : 0};
  }
};

class AttentionKernel : public CudaKernels, public testing::WithParamInterface<Shape> {
protected:
  template <typename Factor> void compareBoth(double tolerance, double lseTolerance);

  void addMask(Compare &compare) {
    const Shape &s = GetParam();
    if (s.maskKind == 1) {
      auto keep = whole<uint8_t>(s.batch * s.queryLen * s.keyLen, 0, 3); // mostly kept
      std::fill_n(keep.begin(), s.keyLen, uint8_t(0)); // a query that sees nothing
      compare.read(keep);
    } else if (s.maskKind == 2) {
      compare.read(random(s.heads * s.keyLen));
    } else if (s.maskKind == 3) {
      auto added = random(s.batch * s.heads * s.queryLen * s.keyLen);
      for (size_t i = 0; i < added.size(); i += 7)
        added[i] = -INFINITY;
      compare.read(added);
    } else {
      compare.absent();
    }
  }
};

/// Compares both directions with the CPU's, on numbers that `Factor` can represent.
template <typename Factor>
void AttentionKernel::compareBoth(double tolerance, double lseTolerance) {
  const Shape &s = GetParam();
  constexpr bool isNarrow = std::is_same_v<Factor, plimsoll::Bf16>;
  const LaunchKey key = {ElementType::f32, isNarrow ? ElementType::bf16 : ElementType::f32};
  int64_t rows = s.batch * s.heads * s.queryLen, keys = s.batch * s.kvHeads * s.keyLen;
  double scale = 1 / std::sqrt(double(s.headDim));
  auto numbers = [&](int64_t count) {
    auto values = random(count);
    for (float &value : values)
      value = Factor(value);
    return values;
  };
  int64_t queryCount = (rows + (s.packed ? 2 * keys : 0)) * s.headDim;
  auto q = numbers(queryCount), k = numbers(keys * s.headDim), v = numbers(keys * s.valueDim);
  auto readFactors = [&](Compare &compare) {
    compare.readAs<Factor>(q);
    for (const auto *own : {&k, &v})
      s.packed ? compare.absent() : compare.readAs<Factor>(*own);
  };

  auto state = engine; // the same mask in both directions
  Compare forward;
  readFactors(forward);
  addMask(forward);
  int out = forward.writeAs<Factor>(rows * s.valueDim), lse = forward.write<float>(rows);
  forward.run(plimsoll::attention, cuda::attention, s.sizes(), {scale}, key);
  forward.expect<float, Factor>(out, tolerance);
  forward.expect<float>(lse, lseTolerance);

  engine = state;
  Compare backward;
  readFactors(backward);
  addMask(backward);
  auto y = forward.result<float>(out);
  for (float &value : y)
    value = Factor(value);
  backward.readAs<Factor>(y);
  backward.read(forward.result<float>(lse));
  backward.readAs<Factor>(numbers(rows * s.valueDim));
  std::vector<int> gradients = {backward.write<float>(queryCount)};
  for (int64_t width : {s.headDim, s.valueDim})
    s.packed ? (void)backward.absent() : gradients.push_back(backward.write<float>(keys * width));
  backward.run(plimsoll::attention_grad, cuda::attention_grad, s.sizes(), {scale}, key);
  for (int gradient : gradients)
    backward.expect<float>(gradient, 1.5 * tolerance);
}

TEST_P(AttentionKernel, IsTheCpus) {
  compareBoth<float>(2e-6, 2e-6);
}

/// Operands are bf16 numbers, so that only the weights and the gradients of scores are rounded, by
/// at most 2^-9 of each.
TEST_P(AttentionKernel, InBf16IsNearTheCpus) {
  compareBoth<plimsoll::Bf16>(0x1p-8, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AttentionKernel,
                         testing::Values(Shape{1, 1, 1, 1, 1, 1, 1, false, false},
                                         Shape{2, 2, 2, 16, 16, 8, 8, false, true},
                                         Shape{1, 2, 1, 65, 65, 32, 32, true, true},
                                         Shape{1, 4, 2, 70, 130, 33, 20, false, false},
                                         Shape{1, 1, 1, 130, 70, 64, 64, true, true},
                                         Shape{1, 2, 2, 64, 128, 96, 128, true, false},
                                         Shape{1, 1, 1, 20, 30, 256, 256, false, false},
                                         Shape{1, 1, 1, 10, 12, 40, 300, false, true},
                                         Shape{2, 2, 1, 20, 70, 16, 16, true, false, 1},
                                         Shape{1, 4, 4, 66, 66, 24, 16, false, true, 2},
                                         Shape{2, 2, 2, 30, 33, 12, 12, true, false, 3},
                                         Shape{2, 4, 2, 70, 70, 24, 24, true, true, 0, true}));

} // namespace
