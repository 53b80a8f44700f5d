//===- MatmulCublas.cu - matrix products by cuBLASLt --------------------------===//
//
// cpu/Matmul.cpp documents buffers and sizes. The algorithm is the first that cuBLASLt's
// heuristic gives within the workspace, without split-K; a checkpoint records it, and a resumed
// run uses it again. Factors are f32, which the precision tf32 rounds, or bf16 in memory. All add
// in f32, to an f32 result.
//
// cuBLASLt's matrices are column-major: the row-major product c = op(a) op(b) is for it
// c' = op(b)' op(a)'.
//===----------------------------------------------------------------------===//
#include "../../kernels/cuda/FactorSums.h"
#include "../../kernels/cuda/Matmul.h"
#include "CublasAlgorithm.h"
#include "CudaError.h"
#include "plimsoll/CudaKernels.h"

#include <cublasLt.h>

namespace plimsoll::cuda {
namespace {

cublasLtHandle_t library() {
  static cublasLtHandle_t handle = [] {
    cublasLtHandle_t made = nullptr;
    return cublasLtCreate(&made) == CUBLAS_STATUS_SUCCESS ? made : nullptr;
  }();
  return handle;
}

bool good(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS;
}

/// Makes the layout of `rows` x `columns`, stored column by column.
cublasLtMatrixLayout_t layout(cudaDataType_t type, int64_t rows, int64_t columns, int64_t batch,
                              bool strided) {
  cublasLtMatrixLayout_t made = nullptr;
  int32_t count = static_cast<int32_t>(batch);
  int64_t stride = strided ? rows * columns : 0;
  bool fine = good(cublasLtMatrixLayoutCreate(&made, type, rows, columns, rows)) &&
              good(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
                                                    &count, sizeof count)) &&
              good(cublasLtMatrixLayoutSetAttribute(
                  made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
  return fine ? made : nullptr;
}

bool describe(Product &p, const LaunchShape &shape) {
  MatmulSizes s(shape.sizes);
  cudaDataType_t factor = shape.type == ElementType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  cublasComputeType_t compute =
      shape.precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  cublasOperation_t left = s.transB ? CUBLAS_OP_T : CUBLAS_OP_N;
  cublasOperation_t right = s.transA ? CUBLAS_OP_T : CUBLAS_OP_N;
  p.left = layout(factor, s.transB ? s.k : s.n, s.transB ? s.n : s.k, s.batch, s.batchB);
  p.right = layout(factor, s.transA ? s.m : s.k, s.transA ? s.k : s.m, s.batch, s.batchA);
  p.result = layout(CUDA_R_32F, s.n, s.m, s.batch, true);
  cublasLtEpilogue_t epilogue = s.withBias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
  return p.left && p.right && p.result &&
         good(cublasLtMatmulDescCreate(&p.description, compute, CUDA_R_32F)) &&
         good(cublasLtMatmulDescSetAttribute(p.description, CUBLASLT_MATMUL_DESC_TRANSA, &left,
                                             sizeof left)) &&
         good(cublasLtMatmulDescSetAttribute(p.description, CUBLASLT_MATMUL_DESC_TRANSB, &right,
                                             sizeof right)) &&
         good(cublasLtMatmulDescSetAttribute(p.description, CUBLASLT_MATMUL_DESC_EPILOGUE,
                                             &epilogue, sizeof epilogue));
}

bool chooseAlgorithm(Product &p) {
  cublasLtMatmulPreference_t preference = nullptr;
  uint64_t cap = static_cast<uint64_t>(p.workspaceBytes);
  uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_NONE;
  cublasLtMatmulHeuristicResult_t found;
  int count = 0;
  bool fine =
      good(cublasLtMatmulPreferenceCreate(&preference)) &&
      good(cublasLtMatmulPreferenceSetAttribute(
          preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &cap, sizeof cap)) &&
      good(cublasLtMatmulPreferenceSetAttribute(
          preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes, sizeof schemes)) &&
      good(cublasLtMatmulAlgoGetHeuristic(library(), p.description, p.left, p.right, p.result,
                                          p.result, preference, 1, &found, &count)) &&
      count == 1;
  cublasLtMatmulPreferenceDestroy(preference);
  p.algorithm = found.algo;
  return fine;
}

/// `choice`: the algorithm that an earlier run recorded; null: the heuristic's.
void *prepareAs(const LaunchShape &shape, int64_t workspaceBytes, const char *choice,
                const char **error) {
  MatmulSizes s(shape.sizes);
  auto *product = new Product; // lives as long as the process, as all handles do
  product->workspaceBytes = workspaceBytes;
  *error = nullptr;
  if (s.m == 0 || s.n == 0 || s.k == 0 || s.batch == 0)
    return product;
  if (!library())
    *error = "cuBLASLt cannot be started";
  else if (!describe(*product, shape))
    *error = "cuBLASLt cannot describe the product";
  else if (choice)
    *error = rebuildAlgorithm(library(), *product, choice);
  else if (!chooseAlgorithm(*product))
    *error = "cuBLASLt has no algorithm without split-K for these sizes";
  if (!*error)
    return product;
  delete product;
  return nullptr;
}

void *prepare(const LaunchShape &shape, int64_t workspaceBytes, const char **error) {
  return prepareAs(shape, workspaceBytes, nullptr, error);
}

void choice(const void *handle, char *text, size_t capacity) {
  algorithmText(*static_cast<const Product *>(handle), text, capacity);
}

/// Writes the result of a product without terms.
__global__ void writeAddends(int64_t count, int64_t columns, const float *bias, const float *addend,
                             float *c) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count)
    c[i] = (addend ? addend[i] : 0.0f) + (bias ? bias[i % columns] : 0.0f);
}

void multiply(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  if (s.m == 0 || s.n == 0 || s.batch == 0)
    return;
  auto *bias = launch.buffer<float>(2), *addend = launch.buffer<float>(3),
       *c = launch.buffer<float>(4);
  if (s.k == 0) {
    constexpr int threads = 256;
    int64_t count = s.batch * s.m * s.n;
    cuda::launch(streamOf(launch), blocksFor(count, threads), threads, writeAddends, count, s.n,
                 bias, addend, c);
    return;
  }
  const auto *product = static_cast<const Product *>(launch.handle);
  if (bias && !good(cublasLtMatmulDescSetAttribute(
                  product->description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias)))
    throw DeviceFailure("cannot launch a matrix product: it refuses its bias");
  const float one = 1, factor = addend ? 1 : 0;
  cublasStatus_t status = cublasLtMatmul(
      library(), product->description, &one, launch.buffers[1], product->left, launch.buffers[0],
      product->right, &factor, addend ? addend : c, product->result, c, product->result,
      &product->algorithm, launch.buffers[6], product->workspaceBytes, streamOf(launch));
  if (!good(status))
    throw DeviceFailure(std::string("cannot launch a matrix product: ") +
                        cublasLtGetStatusString(status));
}

void run(const Launch &launch) {
  multiply(launch);
  sumFactor(launch);
}

} // namespace

const KernelOf<MatmulArguments> matmul = {"matmul", run,    matmulWorkspace,
                                          prepare,  choice, prepareAs};

} // namespace plimsoll::cuda
