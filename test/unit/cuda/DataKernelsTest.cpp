// Kernels that move or draw numbers, on the emulator, against the CPU's of the same name.
#include "Compare.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Program.h"

namespace {

namespace cuda = plimsoll::cuda;

TEST_F(CudaKernels, Gather) {
  forAllTypes([&](auto zero) {
    using T = decltype(zero);
    for (Sizes sizes : std::vector<Sizes>{
             {1, 50, 96, 40}, {3, 7, 5, 11}, {2, 4, 1, 300}, {1, 3, 1100, 6}, {1, 9, 1601, 2}}) {
      Compare compare;
      compare.read(whole<T>(sizes[0] * sizes[1] * sizes[2], 0, 100));
      // Some count from the end, some lie outside.
      compare.read(whole<int64_t>(sizes[3], -sizes[1] - 1, sizes[1]));
      int y = compare.write<T>(sizes[0] * sizes[3] * sizes[2]);
      compare.run(plimsoll::gather, cuda::gather, sizes, {}, keyOf<T>());
      compare.expect<T>(y, 0);
    }
  });
}

TEST_F(CudaKernels, GatherGradientInTheOrderOfTheIndices) {
  forFloats([&](auto zero, double) {
    using T = decltype(zero);
    for (Sizes sizes : std::vector<Sizes>{{1, 50, 96, 40},
                                          {1, 5, 33, 600}, // long segments, more than one tile
                                          {3, 7, 5, 11},
                                          {1, 2000, 4, 100},
                                          {1, 6, 1100, 20},
                                          {1, 300, 3, 5000},   // keys of two digits
                                          {1, 70000, 2, 2049}, // of three
                                          {2, 255, 1, 300},    // of one, the last is for none
                                          {1, 9, 8, 0}}) {
      Compare compare;
      compare.read(random<T>(sizes[0] * sizes[3] * sizes[2]));
      compare.read(whole<int64_t>(sizes[3], -sizes[1] - 1, sizes[1]));
      int dtable = compare.write<T>(sizes[0] * sizes[1] * sizes[2]);
      compare.run(plimsoll::gather_grad, cuda::gather_grad, sizes, {}, keyOf<T>());
      compare.expect<T>(dtable, 0);
    }
  });
}

TEST_F(CudaKernels, GatherGradientOfOneRowThatHalfOfAllIndicesName) {
  const Sizes sizes = {1, 1000, 12, 4500};
  auto indices = whole<int64_t>(sizes[3], 0, 999);
  for (size_t i = 0; i < indices.size(); i += 2)
    indices[i] = 257;
  Compare compare;
  compare.read(random(sizes[3] * sizes[2]));
  compare.read(indices);
  int dtable = compare.write<float>(sizes[1] * sizes[2]);
  compare.run(plimsoll::gather_grad, cuda::gather_grad, sizes);
  compare.expect<float>(dtable, 0);
}

TEST_F(CudaKernels, GatherGradientByRows) {
  for (const Sizes &sizes : std::vector<Sizes>{{10, 3, 40},
                                               {5000, 64, 700},
                                               {1000000, 80, 513},
                                               {300, 1028, 9},
                                               {4, 1, 1},
                                               {7, 5, 0}}) {
    const int64_t rows = sizes[0], inner = sizes[1], count = sizes[2];
    Compare compare;
    compare.read(random(count * inner));
    auto indices = whole<int64_t>(count, -rows - 1, rows); // some lie outside
    for (size_t i = 0; i < indices.size(); i += 3)
      indices[i] = rows / 2;
    compare.read(indices);
    int at = compare.write<int64_t>(count), sums = compare.write<float>(count * inner);
    compare.run(plimsoll::gather_grad_rows, cuda::gather_grad_rows, sizes);
    compare.expect<int64_t>(at, 0);
    compare.expect<float>(sums, 0);
  }
}

TEST_F(CudaKernels, KeepsWhatAMicroBatchGives) {
  std::vector<float> hyper(plimsoll::kHyperCount);
  hyper[plimsoll::kMicroBatch] = 2;
  const Sizes sizes = {4, 1027};
  Compare numbers, indices;
  int all = numbers.update(random(4 * 1027)),
      rows = indices.update(whole<int64_t>(4 * 1027, 0, 99));
  numbers.read(random(1027)), indices.read(whole<int64_t>(1027, 100, 199));
  numbers.read(hyper), indices.read(hyper);
  numbers.run(plimsoll::keep_micro_batch, cuda::keep_micro_batch, sizes);
  indices.run(plimsoll::keep_micro_batch, cuda::keep_micro_batch, sizes, {}, keyOf<int64_t>());
  numbers.expect<float>(all, 0);
  indices.expect<int64_t>(rows, 0);
}

TEST_F(CudaKernels, CopyConcatSplit) {
  for (int64_t bytes : {1, 6, 20, 48, 4096, 4104}) {
    Compare compare;
    compare.read(whole<uint8_t>(bytes, 0, 255));
    int out = compare.write<uint8_t>(bytes);
    compare.run(plimsoll::copy, cuda::copy, {bytes});
    compare.expect<uint8_t>(out, 0);
  }
  for (const Sizes &sizes : std::vector<Sizes>{{5, 16, 32, 48},
                                               {3, 8, 40},
                                               {7, 4, 12, 4},
                                               {9, 2, 6},
                                               {33, 1, 5, 3},
                                               {1, 64},
                                               {2, 0, 8}}) {
    int64_t all = 0;
    for (size_t i = 1; i < sizes.size(); ++i)
      all += sizes[i];
    Compare concat, split;
    split.read(whole<uint8_t>(sizes[0] * all, 0, 255));
    std::vector<int> parts;
    for (size_t i = 1; i < sizes.size(); ++i) {
      concat.read(whole<uint8_t>(sizes[0] * sizes[i], 0, 255));
      parts.push_back(split.write<uint8_t>(sizes[0] * sizes[i]));
    }
    int out = concat.write<uint8_t>(sizes[0] * all);
    concat.run(plimsoll::concat, cuda::concat, sizes);
    concat.expect<uint8_t>(out, 0);
    split.run(plimsoll::split, cuda::split, sizes);
    for (int part : parts)
      split.expect<uint8_t>(part, 0);
  }
}

std::vector<float> hyper() {
  std::vector<float> values(plimsoll::kHyperCount);
  values[plimsoll::kSeedLow] = __builtin_bit_cast(float, 12345u);
  values[plimsoll::kSeedHigh] = __builtin_bit_cast(float, 77u);
  values[plimsoll::kRandomStep] = __builtin_bit_cast(float, 9u);
  return values;
}

TEST_F(CudaKernels, DropoutDrawsTheSameMask) {
  forFloats([&](auto zero, double) {
    using T = decltype(zero);
    for (int64_t count : {1, 4, 1003, 5000}) {
      Compare compare;
      int x = compare.update(random<T>(count));
      compare.read(hyper());
      compare.same(x);
      compare.run(plimsoll::dropout, cuda::dropout, {count, 3}, {0.3}, keyOf<T>());
      compare.expect<T>(x, 0);
    }
  });
}

TEST_F(CudaKernels, RandomNumbersAreTheSame) {
  forFloats([&](auto zero, double tolerance) {
    using T = decltype(zero);
    for (int64_t count : {1, 7, 2050})
      for (int64_t distribution : {0, 1}) {
        Compare compare;
        compare.read(hyper());
        int y = compare.write<T>(count);
        compare.run(plimsoll::random_numbers, cuda::random_numbers, {count, 5, distribution}, {},
                    keyOf<T>());
        compare.expect<T>(y, distribution ? tolerance : 0);
      }
  });
}

} // namespace
