//===- EmulatorHarness.h - an arena for kernels with planted faults ---------===//
#ifndef PLIMSOLL_TEST_EMULATORHARNESS_H
#define PLIMSOLL_TEST_EMULATORHARNESS_H

#include "devices/emulator/Device.h"
#include "plimsoll/cuda/Simt.h"

#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace emulator = plimsoll::emulator;
using emulator::FaultKind;
using plimsoll::cuda::launch;

class EmulatorTest : public testing::Test {
protected:
  /// Writes the numbers 0, 1, 2, ..., count - 1 at an offset of the arena and returns their
  /// address.
  float *numbers(size_t offset, size_t count) {
    float *values = floats(offset);
    std::iota(values, values + count, 0.0f);
    emulator::markWritten(offset, count * sizeof(float));
    return values;
  }
  float *floats(size_t offset) { return reinterpret_cast<float *>(arena.data() + offset); }
  int *ints(size_t offset) { return reinterpret_cast<int *>(arena.data() + offset); }

  /// Expects that the first fault has this kind and place, and that its message contains `words`.
  void expectFault(FaultKind kind, const std::string &place, const std::string &words = "") {
    std::vector<emulator::Fault> faults = emulator::takeFaults();
    ASSERT_FALSE(faults.empty()) << "no fault was found";
    EXPECT_EQ(faults[0].kind, kind) << faults[0].message;
    EXPECT_EQ(faults[0].place.substr(0, place.size()), place) << faults[0].message;
    EXPECT_NE(faults[0].message.find(words), std::string::npos) << faults[0].message;
  }
  void expectClean() {
    std::vector<emulator::Fault> faults = emulator::takeFaults();
    EXPECT_TRUE(faults.empty()) << faults.size() << " faults, first: " << faults[0].message;
  }

  emulator::Arena arena{size_t(1) << 20};
  emulator::CollectFaults collect;
};

#endif // PLIMSOLL_TEST_EMULATORHARNESS_H
