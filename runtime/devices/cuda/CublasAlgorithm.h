//===- CublasAlgorithm.h - an algorithm of cuBLASLt as text -------------------===//
#ifndef PLIMSOLL_CUDA_CUBLASALGORITHM_H
#define PLIMSOLL_CUDA_CUBLASALGORITHM_H

#include <cublasLt.h>

namespace plimsoll::cuda {

/// A product as cuBLASLt describes it, with the algorithm that computes it.
struct Product {
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t left = nullptr, right = nullptr, result = nullptr;
  cublasLtMatmulAlgo_t algorithm = {};
  int64_t workspaceBytes = 0; ///< the most that the algorithm may use
};

/// Writes the library's version and all attributes of the algorithm, as "cublasLt 130100 id=66
/// tile=20 ..."; "" if the product is empty and has no algorithm.
void algorithmText(const Product &product, char *text, size_t capacity);

/// Gives a described product the algorithm of such a text. Returns null, or the reason why it
/// cannot: the text is damaged, another version of the library wrote it, or the library rejects it
/// for this product.
const char *rebuildAlgorithm(cublasLtHandle_t library, Product &product, const char *text);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_CUBLASALGORITHM_H
