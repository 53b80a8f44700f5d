//===- KernelHarness.h - launching library kernels in tests -----------------===//
//
// Tests are parameterised over the shared libraries that the compiler loads, so that they test the
// same code. Workspaces are exactly as large as declared, filled with NaN,
// and followed by guard bytes.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_KERNELHARNESS_H
#define PLIMSOLL_TEST_KERNELHARNESS_H

#include "core/CheckCpu.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/Kernel.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Sizes = std::vector<int64_t>;

using Halves = std::vector<plimsoll::Bf16>;

/// Rounds to bf16, and `widened` back.
inline Halves narrowed(const Floats &values) {
  Halves narrow;
  for (float value : values)
    narrow.emplace_back(value);
  return narrow;
}
inline Floats widened(const Halves &values) {
  return Floats(values.begin(), values.end());
}

struct Library {
  const char *path, *instructionSet;
};

inline std::vector<Library> libraries() {
  return {
#ifdef PLIMSOLL_KERNELS_V3
      {PLIMSOLL_KERNELS_V3, "x86-64-v3"},
#endif
#ifdef PLIMSOLL_KERNELS_V4
      {PLIMSOLL_KERNELS_V4, "x86-64-v4"},
#endif
  };
}

inline std::string libraryName(const testing::TestParamInfo<Library> &info) {
  return info.param.instructionSet + std::string(info.param.instructionSet).size() - 2;
}

class KernelTest : public testing::TestWithParam<Library> {
protected:
  void SetUp() override {
    if (!use(GetParam()))
      GTEST_SKIP() << "this CPU is not " << GetParam().instructionSet;
    ASSERT_TRUE(find) << dlerror();
  }

  /// Runs kernels of `library` from now on; false if this CPU cannot.
  bool use(const Library &library) {
    if (!plimsoll::missingFeatures(library.instructionSet).empty())
      return false;
    void *handle = dlopen(library.path, RTLD_NOW | RTLD_LOCAL);
    find = handle ? reinterpret_cast<Find>(dlsym(handle, "plimsoll_find_kernel")) : nullptr;
    return true;
  }

  /// Runs a kernel; false if it cannot run these sizes on this machine.
  bool run(const char *name, std::vector<const void *> operands, Sizes sizes,
           std::vector<double> scalars = {}, int threads = 2,
           plimsoll::ElementType type = plimsoll::ElementType::f32) {
    const plimsoll::Kernel *kernel = find(name);
    if (!kernel)
      return false;
    std::vector<void *> buffers;
    for (const void *operand : operands)
      buffers.push_back(const_cast<void *>(operand));
    plimsoll::LaunchShape shape = {sizes.data(), static_cast<int>(sizes.size()), threads, type};
    int64_t bytes = kernel->workspace ? kernel->workspace(shape) : 0;
    if (bytes < 0)
      return false;
    void *space = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
    std::memset(space, 0xff, bytes + 64);
    if (bytes)
      buffers.push_back(space);
    const char *error = nullptr;
    void *handle = kernel->prepare ? kernel->prepare(shape, bytes, &error) : nullptr;
    EXPECT_TRUE(!kernel->prepare || handle) << error;
    kernel->run({buffers.data(), static_cast<int>(buffers.size()), shape.sizes, shape.sizeCount,
                 scalars.data(), static_cast<int>(scalars.size()), threads, handle,
                 /*stream=*/nullptr, type});
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(static_cast<unsigned char *>(space)[bytes + i], 0xff) << "workspace overrun";
    std::free(space);
    return true;
  }

  bool runInF64(const char *name, const std::vector<const void *> &operands, const Sizes &sizes,
                const std::vector<double> &scalars = {}) {
    constexpr int threads = 2;
    return run(name, operands, sizes, scalars, threads, plimsoll::ElementType::f64);
  }

  Floats random(int64_t count, float scale = 1.0f) {
    std::normal_distribution<float> normal(0, scale);
    Floats values(count);
    for (float &value : values)
      value = normal(engine);
    return values;
  }

  std::mt19937 engine{1};

  using Find = const plimsoll::Kernel *(*)(const char *);
  Find find = nullptr;
};

inline Floats nans(int64_t count) {
  return Floats(count, NAN);
}

inline bool sameBits(const Floats &a, const Floats &b) {
  return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float));
}

/// Returns the largest difference, relative to the largest reference value.
template <typename T>
inline double worst(const std::vector<T> &got, const std::vector<double> &wanted) {
  double difference = 0, size = 1e-30;
  for (size_t i = 0; i < got.size(); ++i) {
    double d = std::abs(double(got[i]) - wanted[i]);
    difference = d <= difference ? difference : std::isnan(d) ? INFINITY : d;
    size = std::max(size, std::abs(wanted[i]));
  }
  return difference / size;
}

#endif // PLIMSOLL_TEST_KERNELHARNESS_H
