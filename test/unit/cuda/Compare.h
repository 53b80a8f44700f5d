//===- Compare.h - compares CUDA kernels on the emulator with the CPU's -----===//
//
// Both get the same operands. The emulated one may touch exactly the bytes of its operands, so
// an access after the end of a row is a fault here, as is a read of bytes that nothing wrote.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_CUDA_COMPARE_H
#define PLIMSOLL_TEST_CUDA_COMPARE_H

#include "devices/emulator/Device.h"
#include "plimsoll/Kernel.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

using Sizes = std::vector<int64_t>;
using plimsoll::ElementType;

/// The types of the data of two launches, and the precision of CUDA's.
struct LaunchKey {
  ElementType cpu = ElementType::f32, cuda = ElementType::f32;
  plimsoll::Precision precision = plimsoll::Precision::stored;
};

template <typename T> constexpr LaunchKey keyOf() {
  ElementType type = std::is_same_v<T, float>     ? ElementType::f32
                     : std::is_same_v<T, double>  ? ElementType::f64
                     : std::is_same_v<T, int32_t> ? ElementType::i32
                     : std::is_same_v<T, int64_t> ? ElementType::i64
                                                  : ElementType::u8;
  return {type, type};
}

/// One comparison: operands in the order of the kernel's buffers, then `run`, then `expect...`.
class Compare {
public:
  template <typename T> int read(const std::vector<T> &values) { return add(values, false, false); }
  /// Adds an operand that the CUDA kernel reads as `Narrow`, the CPU's as floats.
  template <typename Narrow> int readAs(const std::vector<float> &values) {
    int index = add(values, false, false);
    std::vector<Narrow> narrow(values.begin(), values.end());
    operands.back().emulated = bytesOf(narrow);
    return index;
  }
  template <typename T> int update(const std::vector<T> &values) {
    return add(values, true, false);
  }
  /// Adds a result of `count` elements, whose bytes are undefined before.
  template <typename T> int write(int64_t count) {
    return add(std::vector<T>(static_cast<size_t>(count)), true, true);
  }
  /// Adds a result that the CUDA kernel writes as `Narrow`, the CPU's as floats.
  template <typename Narrow> int writeAs(int64_t count) {
    int index = write<float>(count);
    operands.back().emulated.resize(static_cast<size_t>(count) * sizeof(Narrow));
    return index;
  }
  int absent() {
    operands.push_back({});
    operands.back().of = -2;
    return static_cast<int>(operands.size()) - 1;
  }
  /// Adds a result in the bytes of operand `other`, which is overwritten.
  int same(int other) {
    operands.push_back({});
    operands.back().of = other;
    operands[static_cast<size_t>(other)].written = true;
    return static_cast<int>(operands.size()) - 1;
  }

  void run(const plimsoll::Kernel &cpu, const plimsoll::Kernel &cuda, const Sizes &sizes,
           const std::vector<double> &scalars = {}, LaunchKey key = {}) {
    constexpr int threads = 2;
    plimsoll::Launch launch = {nullptr,        0,
                               sizes.data(),   static_cast<int>(sizes.size()),
                               scalars.data(), static_cast<int>(scalars.size()),
                               threads,        nullptr};
    launch.type = key.cpu;
    runOnCpu(cpu, launch);
    launch.type = key.cuda;
    launch.precision = key.precision;
    runOnEmulator(cuda, launch);
  }

  /// Expects that the largest difference, relative to the CPU's largest number, is at most
  /// `tolerance`; 0: the same bits. The CUDA kernel's numbers are `Got`.
  template <typename T, typename Got = T> void expect(int index, double tolerance) {
    while (operands[static_cast<size_t>(index)].of >= 0)
      index = operands[static_cast<size_t>(index)].of;
    const Operand &operand = operands[static_cast<size_t>(index)];
    const T *wanted = reinterpret_cast<const T *>(operand.cpu.data());
    const Got *got = reinterpret_cast<const Got *>(operand.emulated.data());
    double most = 0, difference = 0;
    for (size_t i = 0; i < operand.cpu.size() / sizeof(T); ++i) {
      if (std::is_same_v<T, Got> && std::memcmp(wanted + i, got + i, sizeof(T)) == 0)
        continue;
      double a = double(wanted[i]), b = double(got[i]);
      if (std::isnan(a) && std::isnan(b))
        continue;
      double d = std::abs(a - b);
      difference = std::isnan(d) ? INFINITY : std::max(difference, d);
    }
    for (size_t i = 0; i < operand.cpu.size() / sizeof(T); ++i)
      if (std::isfinite(double(wanted[i])))
        most = std::max(most, std::abs(double(wanted[i])));
    EXPECT_LE(difference, tolerance * most) << "of operand " << index;
  }

  /// Returns what the CPU's kernel wrote.
  template <typename T> std::vector<T> result(int index) const {
    return numbers<T>(operands[static_cast<size_t>(index)].cpu);
  }
  /// Returns what the kernel wrote on the emulator.
  template <typename T> std::vector<T> emulated(int index) const {
    return numbers<T>(operands[static_cast<size_t>(index)].emulated);
  }

private:
  struct Operand {
    std::vector<std::byte> cpu, emulated;
    bool written = false, fresh = false;
    int of = -1; ///< operand whose bytes these are; -2: absent
    size_t offset = 0;
  };

  template <typename T> static std::vector<T> numbers(const std::vector<std::byte> &bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  template <typename T> int add(const std::vector<T> &values, bool written, bool fresh) {
    Operand operand;
    operand.emulated = operand.cpu = bytesOf(values);
    operand.written = written, operand.fresh = fresh;
    operands.push_back(std::move(operand));
    return static_cast<int>(operands.size()) - 1;
  }

  template <typename T> static std::vector<std::byte> bytesOf(const std::vector<T> &values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }

  static int64_t workspaceOf(const plimsoll::Kernel &kernel, const plimsoll::Launch &launch) {
    return kernel.workspace ? kernel.workspace(launch.shape()) : 0;
  }

  static void runWith(const plimsoll::Kernel &kernel, plimsoll::Launch launch,
                      std::vector<void *> &buffers) {
    launch.buffers = buffers.data();
    launch.bufferCount = static_cast<int>(buffers.size());
    kernel.run(launch);
  }

  void runOnCpu(const plimsoll::Kernel &kernel, const plimsoll::Launch &launch) {
    std::vector<void *> buffers;
    for (Operand &operand : operands)
      buffers.push_back(operand.of >= 0    ? buffers[static_cast<size_t>(operand.of)]
                        : operand.of == -2 ? nullptr
                                           : operand.cpu.data());
    int64_t bytes = workspaceOf(kernel, launch);
    ASSERT_GE(bytes, 0);
    void *space =
        bytes ? std::aligned_alloc(64, static_cast<size_t>(bytes + 63) / 64 * 64) : nullptr;
    if (space)
      buffers.push_back(space);
    runWith(kernel, launch, buffers);
    std::free(space);
  }

  void runOnEmulator(const plimsoll::Kernel &kernel, const plimsoll::Launch &launch) {
    namespace emulator = plimsoll::emulator;
    int64_t space = workspaceOf(kernel, launch);
    ASSERT_GE(space, 0);
    size_t used = 64;
    for (Operand &operand : operands) {
      operand.offset = used;
      used += (operand.emulated.size() + 127) / 64 * 64; // a gap after each
    }
    emulator::Arena arena(used + static_cast<size_t>(space));
    std::vector<void *> buffers;
    std::vector<emulator::Access> accesses;
    for (const Operand &operand : operands) {
      buffers.push_back(operand.of >= 0    ? buffers[static_cast<size_t>(operand.of)]
                        : operand.of == -2 ? nullptr
                                           : arena.data() + operand.offset);
      if (operand.of != -1)
        continue;
      std::memcpy(buffers.back(), operand.emulated.data(), operand.emulated.size());
      emulator::markWritten(operand.offset, operand.emulated.size());
      accesses.push_back({operand.offset, operand.emulated.size(), operand.written, operand.fresh});
    }
    if (space) {
      buffers.push_back(arena.data() + used);
      accesses.push_back({used, static_cast<size_t>(space), true, true});
    }
    emulator::CollectFaults collect;
    emulator::beginLaunch(kernel.name, accesses);
    runWith(kernel, launch, buffers);
    emulator::endLaunch();
    auto faults = emulator::takeFaults();
    EXPECT_TRUE(faults.empty()) << faults.size() << " faults, first: " << faults[0].message;
    for (Operand &operand : operands)
      if (operand.of == -1)
        std::memcpy(operand.emulated.data(), arena.data() + operand.offset,
                    operand.emulated.size());
  }

  std::vector<Operand> operands;
};

class CudaKernels : public testing::Test {
protected:
  template <typename T = float> std::vector<T> random(int64_t count, double scale = 1) {
    std::normal_distribution<double> normal(0, scale);
    std::vector<T> values(static_cast<size_t>(count));
    for (T &value : values)
      value = static_cast<T>(normal(engine));
    return values;
  }
  /// Draws whole numbers in [least, most].
  template <typename T> std::vector<T> whole(int64_t count, int64_t least, int64_t most) {
    std::uniform_int_distribution<int64_t> uniform(least, most);
    std::vector<T> values(static_cast<size_t>(count));
    for (T &value : values)
      value = static_cast<T>(uniform(engine));
    return values;
  }
  std::mt19937 engine{1};
};

template <typename Run> void forFloats(const Run &run) {
  run(float(), 2e-6);
  run(double(), 1e-13);
}
template <typename Run> void forAllTypes(const Run &run) {
  run(float());
  run(double());
  run(int32_t());
  run(int64_t());
  run(uint8_t());
}

#endif // PLIMSOLL_TEST_CUDA_COMPARE_H
