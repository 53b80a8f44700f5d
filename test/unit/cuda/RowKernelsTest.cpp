// Kernels along rows, on the emulator, against the CPU's of the same name.
#include "Compare.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

namespace {

namespace cuda = plimsoll::cuda;

/// Rows of 8 lanes, of a warp and of a block, a multiple of four or not, one row and many.
const std::vector<Sizes> kRows = {{1, 1},   {5, 3},    {40, 8},   {9, 33},   {33, 64},
                                  {3, 100}, {20, 129}, {2, 1024}, {2, 1028}, {3, 1501}};

TEST_F(CudaKernels, LayerNorm) {
  for (const Sizes &sizes : kRows)
    for (bool bias : {false, true}) {
      int64_t rows = sizes[0], cols = sizes[1], uncentered = !bias;
      Compare compare;
      compare.read(random(rows * cols, 3));
      compare.read(random(cols));
      bias ? compare.read(random(cols)) : compare.absent();
      int y = compare.write<float>(rows * cols);
      int mean = compare.write<float>(rows), rstd = compare.write<float>(rows);
      compare.run(plimsoll::layer_norm, cuda::layer_norm, {rows, cols, uncentered}, {1e-5});
      compare.expect<float>(y, 1e-7);
      compare.expect<float>(mean, 1e-7);
      compare.expect<float>(rstd, 1e-7);
    }
}

TEST_F(CudaKernels, LayerNormOverItsOperand) {
  Compare compare;
  int x = compare.update(random(7 * 96));
  compare.read(random(96));
  compare.absent();
  compare.same(x);
  compare.write<float>(7);
  compare.write<float>(7);
  compare.run(plimsoll::layer_norm, cuda::layer_norm, {7, 96, 0}, {1e-5});
  compare.expect<float>(x, 1e-7);
}

TEST_F(CudaKernels, LayerNormGradients) {
  std::vector<Sizes> shapes = kRows;
  shapes.insert(shapes.end(), {{200, 40}, {65, 7}, {130, 72}});
  for (const Sizes &sizes : shapes)
    for (bool inPlace : {false, true}) {
      int64_t rows = sizes[0], cols = sizes[1];
      auto dy = random(rows * cols), x = random(rows * cols), mean = random(rows, 0.1);
      auto rstd = random(rows);
      Compare input;
      int first = inPlace ? input.update(dy) : input.read(dy);
      input.read(x);
      input.read(random(cols));
      input.read(mean);
      input.read(rstd);
      int dx = inPlace ? input.same(first) : input.write<float>(rows * cols);
      input.run(plimsoll::layer_norm_grad_input, cuda::layer_norm_grad_input,
                {rows, cols, inPlace});
      input.expect<float>(dx, 2e-7);

      Compare params;
      params.read(dy);
      params.read(x);
      params.read(mean);
      params.read(rstd);
      int dscale = params.write<float>(cols);
      int dbias = inPlace ? params.absent() : params.write<float>(cols);
      params.run(plimsoll::layer_norm_grad_params, cuda::layer_norm_grad_params, sizes);
      params.expect<float>(dscale, 1e-7);
      if (!inPlace)
        params.expect<float>(dbias, 1e-7);
    }
}

/// Both gradients in one launch, with a sum or without, over the gradient, the addend or neither;
/// and the rows again, with a bias or over x.
TEST_F(CudaKernels, LayerNormGradientsTogether) {
  std::vector<Sizes> shapes = kRows;
  shapes.insert(shapes.end(), {{200, 40}, {65, 7}, {130, 72}});
  for (const Sizes &sizes : shapes)
    for (int variant = 0; variant < 4; ++variant) {
      int64_t rows = sizes[0], cols = sizes[1];
      auto dy = random(rows * cols), addend = random(rows * cols);
      Compare compare;
      int first = variant == 1 ? compare.update(dy) : compare.read(dy);
      auto input = random(rows * cols);
      int x = variant == 2 ? compare.update(input) : compare.read(input);
      compare.read(random(cols));
      compare.read(random(rows, 0.1));
      compare.read(random(rows));
      int more = variant == 0   ? compare.absent()
                 : variant == 2 ? compare.update(addend)
                                : compare.read(addend);
      variant == 2 ? compare.absent() : compare.read(random(cols));
      int dx = variant == 1   ? compare.same(first)
               : variant == 2 ? compare.same(more)
                              : compare.write<float>(rows * cols);
      int dscale = compare.write<float>(cols), dbias = compare.write<float>(cols);
      int y = variant == 0   ? compare.absent()
              : variant == 2 ? compare.same(x)
                             : compare.write<float>(rows * cols);
      int narrow = variant < 2 ? compare.write<plimsoll::Bf16>(rows * cols) : compare.absent();
      compare.run(plimsoll::layer_norm_grad, cuda::layer_norm_grad, {rows, cols, variant == 3});
      compare.expect<float>(dx, 3e-7);
      compare.expect<float>(dscale, 1e-7);
      compare.expect<float>(dbias, 1e-7);
      if (variant != 0)
        compare.expect<float>(y, 1e-7);
      if (variant < 2) // the nearest or its neighbour: 8 bits
        compare.expect<plimsoll::Bf16>(narrow, 4e-3);
    }
}

TEST_F(CudaKernels, Softmax) {
  forFloats([&](auto zero, double tolerance) {
    using T = decltype(zero);
    for (const Sizes &shape : kRows) {
      int64_t rows = shape[0], cols = shape[1];
      Sizes sizes = {rows, cols};
      for (bool logarithm : {false, true}) {
        Compare compare;
        int x = compare.update(random<T>(rows * cols, 4));
        int y = logarithm ? compare.same(x) : compare.write<T>(rows * cols);
        if (logarithm)
          compare.run(plimsoll::log_softmax, cuda::log_softmax, sizes, {}, keyOf<T>());
        else
          compare.run(plimsoll::softmax, cuda::softmax, sizes, {}, keyOf<T>());
        compare.expect<T>(y, tolerance);
      }
      Compare grad;
      int dy = grad.update(random<T>(rows * cols));
      grad.read(random<T>(rows * cols));
      grad.same(dy);
      grad.run(plimsoll::softmax_grad, cuda::softmax_grad, sizes, {}, keyOf<T>());
      grad.expect<T>(dy, tolerance);
    }
  });
}

TEST_F(CudaKernels, SoftmaxOfHiddenScores) {
  Compare compare;
  std::vector<float> x = random(3 * 40);
  std::fill_n(x.begin(), 40, -INFINITY); // a row of nothing gives NaN
  std::fill_n(x.begin() + 80, 20, -INFINITY);
  compare.read(x);
  int y = compare.write<float>(3 * 40);
  compare.run(plimsoll::softmax, cuda::softmax, {3, 40});
  compare.expect<float>(y, 2e-7);
}

TEST_F(CudaKernels, Reduce) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape : kRows)
      for (int64_t kind = 0; kind < 4; ++kind) {
        int64_t rows = shape[0], cols = shape[1];
        Compare compare;
        bool product = kind == 2;
        compare.read(std::is_floating_point_v<T> && !product
                         ? random<T>(rows * cols)
                         : whole<T>(rows * cols, product ? 1 : 0, product ? 2 : 9));
        int y = compare.write<T>(rows);
        compare.run(plimsoll::reduce, cuda::reduce, {rows, cols, kind}, {}, keyOf<T>());
        compare.expect<T>(y, kind < 2 ? 0 : 1e-7);
      }
  });
}

TEST_F(CudaKernels, ReduceOfNothingAndOfNan) {
  for (int64_t kind = 0; kind < 4; ++kind) {
    Compare nothing;
    nothing.read(std::vector<float>());
    int y = nothing.write<float>(3);
    nothing.run(plimsoll::reduce, cuda::reduce, {3, 0, kind}, {}, keyOf<float>());
    nothing.expect<float>(y, 0);

    std::vector<float> x = random(4 * 50);
    x[0] = x[99] = x[120] = NAN;
    Compare compare;
    compare.read(x);
    y = compare.write<float>(4);
    compare.run(plimsoll::reduce, cuda::reduce, {4, 50, kind}, {}, keyOf<float>());
    compare.expect<float>(y, 1e-7);
  }
}

TEST_F(CudaKernels, PositionsOfExtremes) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape : kRows)
      for (int64_t kind : {0, 1})
        for (int64_t last : {0, 1}) {
          int64_t rows = shape[0], cols = shape[1];
          Compare compare;
          auto x = whole<T>(rows * cols, 0, 20);
          if constexpr (std::is_floating_point_v<T>)
            if (cols > 30)
              x[cols / 2] = x[cols / 3] = NAN;
          compare.read(x);
          int y = compare.write<int64_t>(rows);
          compare.run(plimsoll::arg_reduce, cuda::arg_reduce, {rows, cols, kind, last}, {},
                      keyOf<T>());
          compare.expect<int64_t>(y, 0);
        }
  });
}

TEST_F(CudaKernels, ProductGradient) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape : kRows) {
      int64_t rows = shape[0], cols = shape[1];
      // Whole numbers: mostly 1, else a few 2, -1 and 0, so that products are exact.
      auto x = whole<T>(rows * cols, 1, 1);
      for (size_t i = 3; i < x.size(); i += 17)
        x[i] = T(i % 2 ? 2 : std::is_signed_v<T> ? -1 : 1);
      for (int64_t i = cols / 2; i < rows * cols; i += 3 * cols)
        x[static_cast<size_t>(i)] = 0;
      Compare grad;
      grad.read(whole<T>(rows, 1, 3));
      grad.read(x);
      int dx = grad.write<T>(rows * cols);
      grad.run(plimsoll::reduce_prod_grad, cuda::reduce_prod_grad, {rows, cols}, {}, keyOf<T>());
      grad.expect<T>(dx, 0);
    }
  });
}

TEST_F(CudaKernels, RunningSums) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (const Sizes &shape : kRows)
      for (int64_t exclusive : {0, 1})
        for (int64_t reverse : {0, 1}) {
          int64_t rows = shape[0], cols = shape[1];
          Compare sums;
          bool exact = !std::is_floating_point_v<T> || reverse == 0;
          int x = sums.update(exact ? whole<T>(rows * cols, 0, 5) : random<T>(rows * cols));
          sums.same(x);
          sums.run(plimsoll::cum_sum, cuda::cum_sum, {rows, cols, exclusive, reverse}, {},
                   keyOf<T>());
          // f32: a sum in f64 that rounds the other way; f64: as other sums (forFloats).
          sums.expect<T>(x, exact ? 0 : std::is_same_v<T, float> ? 0x1p-23 : 1e-13);
        }
  });
}

// The same operations on the same numbers: the same bits.
TEST_F(CudaKernels, Rotary) {
  forFloats([&](auto zero, double) {
    using T = decltype(zero);
    for (const Sizes &table : {Sizes{1, 1, 1}, {3, 1, 1}, {1, 5, 1}, {1, 1, 2}, {3, 5, 2}})
      for (int64_t transposed : {0, 1})
        for (bool inPlace : {false, true}) {
          const int64_t features = 18, elements = 3 * 5 * 2 * features;
          const int64_t entries = table[0] * table[1] * table[2] * features;
          Compare compare;
          auto x = random<T>(elements);
          int first = inPlace ? compare.update(x) : compare.read(x);
          compare.read(random<T>(entries));
          compare.read(random<T>(entries));
          int y = inPlace ? compare.same(first) : compare.write<T>(elements);
          compare.run(plimsoll::rotary, cuda::rotary,
                      {3, 5, 2, features, table[0], table[1], table[2], transposed}, {},
                      keyOf<T>());
          compare.expect<T>(y, 0);
        }
  });
}

} // namespace
