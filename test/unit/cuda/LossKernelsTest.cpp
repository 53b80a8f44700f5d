// Losses, and kernels that run between gradients and updates, on the emulator, compared with the
// CPU's.
#include "Compare.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Program.h"

namespace {

namespace cuda = plimsoll::cuda;

TEST_F(CudaKernels, PointwiseLosses) {
  for (int64_t kind : {0, 1, 2})
    for (int64_t count : {1, 700, 5000}) {
      auto x = random(count), target = random(count);
      x[0] = target[0]; // no difference: no slope
      Compare loss;
      loss.read(x);
      loss.read(target);
      int value = loss.write<float>(1);
      loss.run(plimsoll::pointwise_loss, cuda::pointwise_loss, {count, kind}, {0.7});
      loss.expect<float>(value, 2e-7);

      Compare grad;
      int first = grad.update(x);
      grad.read(target);
      grad.read(std::vector<float>{1.5f});
      grad.same(first);
      grad.run(plimsoll::pointwise_loss_grad, cuda::pointwise_loss_grad, {count, kind}, {0.7});
      grad.expect<float>(first, 0);
    }
}

TEST_F(CudaKernels, KlDivergence) {
  for (const Sizes &sizes :
       std::vector<Sizes>{{6, 10, 3}, {40, 100, 40}, {3, 1030, 1}, {2, 1501, 2}}) {
    int64_t count = sizes[0] * sizes[1];
    auto x = random(count, 2);
    std::vector<float> target = whole<float>(count, 0, 3); // zeros, too
    for (float &share : target)
      share /= 2.0f * static_cast<float>(sizes[1]);
    Compare loss;
    loss.read(x);
    loss.read(target);
    int value = loss.write<float>(1);
    loss.run(plimsoll::kl_divergence, cuda::kl_divergence, sizes, {2.0});
    loss.expect<float>(value, 1e-6);

    Compare grad;
    int first = grad.update(x);
    grad.read(target);
    grad.read(std::vector<float>{0.5f});
    grad.same(first);
    grad.run(plimsoll::kl_divergence_grad, cuda::kl_divergence_grad, sizes, {2.0});
    grad.expect<float>(first, 2e-6);
  }
}

TEST_F(CudaKernels, Accumulate) {
  for (int64_t count : {1, 5, 4096, 5003})
    for (float first : {0.0f, 1.0f}) {
      std::vector<float> hyper(plimsoll::kHyperCount);
      hyper[plimsoll::kFirstMicroBatch] = first;
      Compare compare;
      int sum = compare.update(random(count));
      compare.read(random(count));
      compare.read(hyper);
      compare.run(plimsoll::accumulate, cuda::accumulate, {count});
      compare.expect<float>(sum, 0);
    }
}

TEST_F(CudaKernels, SumSquares) {
  for (int64_t count : {1, 1000, 5000}) {
    Compare compare;
    compare.read(random(count));
    int sum = compare.write<double>(1);
    compare.run(plimsoll::sum_squares, cuda::sum_squares, {count});
    compare.expect<double>(sum, 1e-14);
  }
}

TEST_F(CudaKernels, ClipByNormOfManyParameters) {
  for (int64_t count : {1, 3, 128, 300})
    for (double most : {0.5, 100.0}) {
      Compare compare;
      for (int64_t i = 0; i < count; ++i)
        compare.read(std::vector<double>{double(i % 7) + 0.1});
      int scale = compare.write<float>(1), norm = compare.write<float>(1);
      compare.run(plimsoll::clip_by_norm, cuda::clip_by_norm, {count}, {most});
      compare.expect<float>(scale, 0);
      compare.expect<float>(norm, 0);
    }
}

TEST_F(CudaKernels, GatherAndScatterElements) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape : std::vector<Sizes>{{2, 5, 3, 9}, {1, 40, 1, 300}, {3, 4, 130, 2}}) {
      int64_t table = shape[0] * shape[1] * shape[2], count = shape[0] * shape[3] * shape[2];
      auto indices = whole<int64_t>(count, -shape[1] - 1, shape[1]); // some lie outside
      auto x = whole<T>(table, 0, 50), updates = whole<T>(count, 1, 3);
      Compare gather;
      gather.read(x);
      gather.read(indices);
      int y = gather.write<T>(count);
      gather.run(plimsoll::gather_elements, cuda::gather_elements, shape, {}, keyOf<T>());
      gather.expect<T>(y, 0);
      for (int64_t update = 0; update < 5; ++update) {
        Sizes updating = shape;
        updating.push_back(update);
        Compare scatter;
        int first = update % 2 ? scatter.update(x) : scatter.read(x);
        scatter.read(indices);
        scatter.read(updates);
        int out = update % 2 ? scatter.same(first) : scatter.write<T>(table);
        scatter.run(plimsoll::scatter_elements, cuda::scatter_elements, updating, {}, keyOf<T>());
        scatter.expect<T>(out, 0);
      }
    }
  });
}

TEST_F(CudaKernels, TopK) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape :
         std::vector<Sizes>{{300, 11, 4}, {5, 3, 3}, {7, 130, 9}, {2, 1100, 40}})
      for (int64_t smallest : {0, 1}) {
        int64_t rows = shape[0], cols = shape[1], k = shape[2];
        auto x = whole<T>(rows * cols, 0, 99); // many are equal: the first counts
        if constexpr (std::is_floating_point_v<T>)
          x[0] = x[2] = NAN;
        Compare compare;
        compare.read(x);
        int values = compare.write<T>(rows * k), indices = compare.write<int64_t>(rows * k);
        compare.run(plimsoll::top_k, cuda::top_k, {rows, cols, k, smallest}, {}, keyOf<T>());
        compare.expect<T>(values, 0);
        compare.expect<int64_t>(indices, 0);
      }
  });
}

} // namespace
