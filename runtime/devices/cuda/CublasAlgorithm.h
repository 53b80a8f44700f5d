//===- CublasAlgorithm.h - an algorithm of cuBLASLt as text -------------------===//
#ifndef PLIMSOLL_CUDA_CUBLASALGORITHM_H
#define PLIMSOLL_CUDA_CUBLASALGORITHM_H

#include <cublasLt.h>

namespace plimsoll::cuda {

/// A product that cuBLASLt was asked about.
struct Product {
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t left = nullptr, right = nullptr, result = nullptr;
  cublasLtMatmulAlgo_t algorithm = {};
  int64_t workspaceBytes = 0; ///< the most that an algorithm may take
};

/// Writes "cublasLt 130100 id=66 tile=20 ...": the library's version and all that makes up the
/// algorithm; "" where the product has none.
void algorithmText(const Product &product, char *text, size_t capacity);

/// Gives a described product the algorithm of such a text. Answers null, or why it cannot be: the
/// text is damaged, another version wrote it, or the library does not take it for this product.
const char *rebuildAlgorithm(cublasLtHandle_t library, Product &product, const char *text);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_CUBLASALGORITHM_H
