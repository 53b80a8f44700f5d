//===- AlgorithmTest.cpp - an algorithm of cuBLASLt as text, and back --------===//
//
// cuBLASLt is replaced by a fake, in which an algorithm is its nine numbers. It rejects algorithms
// with an odd tile or with a workspace (1,000 bytes for each stage) above the limit.
//===----------------------------------------------------------------------===//
#include "devices/cuda/CublasAlgorithm.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string>

using namespace plimsoll::cuda;

namespace {

size_t version = 130100;
cudaDataType initialisedFor = CUDA_R_32F;

uint32_t *numbers(cublasLtMatmulAlgo_t *algorithm) {
  return reinterpret_cast<uint32_t *>(algorithm);
}

} // namespace

extern "C" {

size_t cublasLtGetVersion() {
  return version;
}
cublasStatus_t cublasLtMatmulDescGetAttribute(cublasLtMatmulDesc_t, cublasLtMatmulDescAttributes_t,
                                              void *value, size_t, size_t *) {
  *static_cast<int32_t *>(value) = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t,
                                                cublasLtMatrixLayoutAttribute_t, void *value,
                                                size_t, size_t *) {
  *static_cast<uint32_t *>(value) = CUDA_R_16BF;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoInit(cublasLtHandle_t, cublasComputeType_t, cudaDataType,
                                      cudaDataType left, cudaDataType, cudaDataType, cudaDataType,
                                      int id, cublasLtMatmulAlgo_t *algorithm) {
  initialisedFor = left;
  std::memset(algorithm, 0, sizeof *algorithm);
  numbers(algorithm)[CUBLASLT_ALGO_CONFIG_ID] = static_cast<uint32_t>(id);
  return id < 100 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulAlgoConfigSetAttribute(cublasLtMatmulAlgo_t *algorithm,
                                                    cublasLtMatmulAlgoConfigAttributes_t which,
                                                    const void *value, size_t bytes) {
  bool half = which == CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID ||
              which == CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID;
  if (bytes != (half ? 2 : 4))
    return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&numbers(algorithm)[which], value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *algorithm,
                                                    cublasLtMatmulAlgoConfigAttributes_t which,
                                                    void *value, size_t bytes, size_t *) {
  std::memcpy(value, &numbers(const_cast<cublasLtMatmulAlgo_t *>(algorithm))[which], bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t,
                                       cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                       cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                       const cublasLtMatmulAlgo_t *algorithm,
                                       cublasLtMatmulHeuristicResult_t *result) {
  const uint32_t *given = numbers(const_cast<cublasLtMatmulAlgo_t *>(algorithm));
  result->workspaceSize = given[CUBLASLT_ALGO_CONFIG_STAGES_ID] * 1000;
  return given[CUBLASLT_ALGO_CONFIG_TILE_ID] % 2 ? CUBLAS_STATUS_NOT_SUPPORTED
                                                 : CUBLAS_STATUS_SUCCESS;
}

} // extern "C"

namespace {

constexpr const char *text = "cublasLt 130100 id=66 tile=20 splitk=1 reduction=0 swizzle=1 "
                             "custom=70000 stages=11 inner=5 cluster=2";

class Algorithm : public testing::Test {
protected:
  int anything = 0;
  Product product;

  void SetUp() override {
    version = 130100;
    product.description = reinterpret_cast<cublasLtMatmulDesc_t>(&anything);
    product.workspaceBytes = 11000;
  }
  std::string rebuilt(std::string of) {
    const char *reason = rebuildAlgorithm(nullptr, product, of.c_str());
    return reason ? reason : "";
  }
  static std::string with(const std::string &old, const std::string &put) {
    std::string changed = text;
    return changed.replace(changed.find(old), old.size(), put);
  }
};

TEST_F(Algorithm, ItsTextMakesItAgain) {
  EXPECT_EQ(rebuilt(text), "");
  EXPECT_EQ(initialisedFor, CUDA_R_16BF);
  char again[256];
  algorithmText(product, again, sizeof again);
  EXPECT_STREQ(again, text);
}

TEST_F(Algorithm, AProductOfNothingHasNone) {
  char again[256] = "x";
  algorithmText(Product(), again, sizeof again);
  EXPECT_STREQ(again, "");
}

TEST_F(Algorithm, WhatTheLibraryDoesNotTakeIsRefused) {
  const std::string refused = "cuBLASLt does not take the recorded algorithm here";
  EXPECT_EQ(rebuilt(with("id=66", "id=100")), refused);
  EXPECT_EQ(rebuilt(with("tile=20", "tile=21")), refused);
  product.workspaceBytes = 10999;
  EXPECT_EQ(rebuilt(text), refused);
}

TEST_F(Algorithm, AnotherVersionOrSplitKIsRefused) {
  EXPECT_EQ(rebuilt(with("splitk=1", "splitk=4")), "the recorded algorithm of cuBLASLt splits k");
  EXPECT_EQ(rebuilt(with("reduction=0", "reduction=2")),
            "the recorded algorithm of cuBLASLt splits k");
  version = 130200;
  EXPECT_EQ(rebuilt(text), "another version of cuBLASLt recorded the algorithm");
}

TEST_F(Algorithm, ADamagedTextIsRefused) {
  const std::string damaged = "the record of cuBLASLt's algorithm is damaged", whole = text;
  for (size_t length = 0; length < whole.size() - 1; ++length)
    EXPECT_NE(rebuilt(whole.substr(0, length)), "") << length;
  EXPECT_EQ(rebuilt(whole.substr(0, whole.size() - 1)), damaged);
  EXPECT_EQ(rebuilt(whole + " more=1"), damaged);
  EXPECT_EQ(rebuilt(with("tile", "tiles")), damaged);
  EXPECT_EQ(rebuilt(with("inner=5", "inner=65541")), damaged);
  EXPECT_EQ(rebuilt(with("custom=70000", "custom=-1")), damaged);
  EXPECT_EQ(rebuilt(with("custom=70000", "custom=99999999999")), damaged);
}

} // namespace
