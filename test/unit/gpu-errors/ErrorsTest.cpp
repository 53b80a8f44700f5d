//===- ErrorsTest.cpp - one clear message for every GPU that cannot be used --===//
#include "FakeCuda.h"

#include "devices/cuda/CudaError.h"
#include "devices/cuda/FindDevice.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace plimsoll;

namespace {

class GpuErrors : public testing::Test {
protected:
  void SetUp() override {
    fakeGpu = FakeGpu();
    unsetenv("CUDA_VISIBLE_DEVICES");
  }

  template <typename Call> static std::string textOf(Call call) {
    try {
      call();
    } catch (const Failure &failure) {
      return failure.what();
    }
    return "nothing failed";
  }
  static std::string found() {
    return textOf([] { cuda::findDevice("sm_90"); });
  }
};

TEST_F(GpuErrors, AFittingGpuIsTaken) {
  EXPECT_EQ(found(), "nothing failed");
  fakeGpu.minor = 1; // it runs code that was compiled for an older GPU of its generation
  EXPECT_EQ(found(), "nothing failed");
}

TEST_F(GpuErrors, NoDriver) {
  fakeGpu.count = cudaErrorInsufficientDriver, fakeGpu.driver = 0, fakeGpu.devices = 0;
  EXPECT_EQ(found(), "this program was compiled for a GPU (sm_90), and there is no NVIDIA driver; "
                     "on this machine compile with --target=cpu");
}

TEST_F(GpuErrors, NoVisibleGpu) {
  fakeGpu.count = cudaErrorNoDevice, fakeGpu.devices = 0;
  setenv("CUDA_VISIBLE_DEVICES", "7", 1);
  EXPECT_EQ(found(), "this program was compiled for a GPU (sm_90), and none is visible "
                     "(CUDA_VISIBLE_DEVICES=7); on this machine compile with --target=cpu");
}

TEST_F(GpuErrors, OldDriver) {
  fakeGpu.count = cudaErrorInsufficientDriver, fakeGpu.driver = 11040;
  EXPECT_EQ(found().find("the NVIDIA driver is too old: it runs CUDA 11.4, this program needs "),
            0u)
      << found();
}

TEST_F(GpuErrors, OtherArchitecture) {
  fakeGpu.major = 8, fakeGpu.minor = 6;
  EXPECT_EQ(found(), "this program was compiled for sm_90, and the GPU 'Fake GPU' is sm_86; "
                     "compile it again with --target=cuda:sm_80");
  fakeGpu.major = 7, fakeGpu.minor = 5;
  EXPECT_EQ(found(), "this program was compiled for sm_90, and the GPU 'Fake GPU' is sm_75; "
                     "programs can be compiled for sm_80, sm_90 and sm_100");
}

TEST_F(GpuErrors, AnotherProcessHasIt) {
  fakeGpu.use = cudaErrorDevicesUnavailable;
  EXPECT_EQ(found(), "cannot use the GPU: CUDA's words (cudaErrorName); another process has the "
                     "GPU to itself (nvidia-smi tells which)");
}

TEST_F(GpuErrors, TooLittleMemory) {
  fakeGpu.allocation = cudaErrorMemoryAllocation;
  fakeGpu.free = 3000000, fakeGpu.total = 80000000;
  std::string text = textOf([] { cuda::allocate(5000000); });
  EXPECT_EQ(text.find("the arena takes 5,000,000 bytes, and of the GPU's 80,000,000 only 3,000,000 "
                      "are free: 2,000,000 are missing"),
            0u)
      << text;
  EXPECT_NE(text.find("; compile with a smaller --memory, or free the GPU"), std::string::npos);
}

TEST_F(GpuErrors, FailuresInTheMiddleAreTheDevices) {
  EXPECT_THROW(cuda::check("run the step", cudaErrorECCUncorrectable), DeviceFailure);
  std::string text = textOf([] { cuda::launchFailed(cudaErrorIllegalAddress); });
  EXPECT_NE(text.find("cannot launch a kernel"), std::string::npos) << text;
  EXPECT_NE(text.find("--target=cuda:emulator"), std::string::npos) << text;
}

} // namespace
