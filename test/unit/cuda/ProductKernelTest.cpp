// Products with the sums of a factor, on the emulator, compared with the CPU's.
#include "Compare.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

namespace {

namespace cuda = plimsoll::cuda;

class ProductKernel : public CudaKernels {
protected:
  /// Factors are numbers that `Factor` can represent.
  template <typename Factor> void compareSums(bool left, LaunchKey key) {
    const int64_t m = 70, n = 33, k = 133;
    auto numbers = [&](int64_t count) {
      auto values = random(count);
      for (float &value : values)
        value = Factor(value);
      return values;
    };
    Compare compare;
    compare.readAs<Factor>(numbers(k * m));
    compare.readAs<Factor>(numbers(k * n));
    compare.absent();
    compare.absent();
    int c = compare.write<float>(m * n), sums = compare.write<float>(left ? m : n);
    compare.run(plimsoll::matmul, cuda::matmul, {1, m, n, k, 1, 0, 0, 0, 0, 0, left ? 1 : 2}, {},
                key);
    compare.expect<float>(c, 2e-6);
    compare.expect<float>(sums, 2e-7);
  }
};

TEST_F(ProductKernel, AddsUpAFactor) {
  for (bool left : {true, false})
    compareSums<float>(left, {});
}

TEST_F(ProductKernel, AddsUpABf16Factor) {
  for (bool left : {true, false})
    compareSums<plimsoll::Bf16>(left, {ElementType::f32, ElementType::bf16});
}

} // namespace
