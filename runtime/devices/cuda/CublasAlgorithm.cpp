//===- CublasAlgorithm.cpp - an algorithm of cuBLASLt as text -----------------===//
#include "CublasAlgorithm.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace plimsoll::cuda {
namespace {

struct Attribute {
  const char *name;
  cublasLtMatmulAlgoConfigAttributes_t which;
  size_t bytes;
};
constexpr Attribute attributes[] = {
    {"id", CUBLASLT_ALGO_CONFIG_ID, 4},
    {"tile", CUBLASLT_ALGO_CONFIG_TILE_ID, 4},
    {"splitk", CUBLASLT_ALGO_CONFIG_SPLITK_NUM, 4},
    {"reduction", CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, 4},
    {"swizzle", CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, 4},
    {"custom", CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, 4},
    {"stages", CUBLASLT_ALGO_CONFIG_STAGES_ID, 4},
    {"inner", CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, 2},
    {"cluster", CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, 2},
};
constexpr int count = sizeof attributes / sizeof *attributes;
constexpr int idAt = 0, splitAt = 2, reductionAt = 3;

bool good(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS;
}

/// Returns an attribute's value, 0 if the algorithm lacks it. Some attributes have two bytes; as
/// the machine is little endian, the 32-bit number is right for them too.
uint32_t valueOf(const cublasLtMatmulAlgo_t &algorithm, const Attribute &attribute) {
  uint32_t value = 0;
  size_t written = 0;
  if (!good(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, attribute.which, &value,
                                                 attribute.bytes, &written)))
    return 0;
  return value;
}

/// Parses a text of algorithmText. False if it is damaged or incomplete.
bool parse(const char *text, unsigned long &version, uint32_t *values) {
  int used = 0;
  if (std::sscanf(text, "cublasLt %9lu%n", &version, &used) != 1)
    return false;
  for (int i = 0; i < count; ++i) {
    text += used, used = 0;
    char name[16], digits[16];
    if (std::sscanf(text, " %15[a-z]=%10[0-9]%n", name, digits, &used) != 2)
      return false;
    unsigned long long value = std::strtoull(digits, nullptr, 10);
    values[i] = static_cast<uint32_t>(value);
    if (std::strcmp(name, attributes[i].name) || value >> (8 * attributes[i].bytes))
      return false;
  }
  return text[used] == '\0';
}

/// Makes the library's algorithm number `id` with default attributes, for the product's types.
bool begin(cublasLtHandle_t library, Product &p, uint32_t id) {
  int32_t compute = 0, scale = 0;
  uint32_t left = 0, right = 0, result = 0;
  auto description = [&](cublasLtMatmulDescAttributes_t which, int32_t &value) {
    size_t written = 0;
    return good(
        cublasLtMatmulDescGetAttribute(p.description, which, &value, sizeof value, &written));
  };
  auto type = [](cublasLtMatrixLayout_t layout, uint32_t &value) {
    size_t written = 0;
    return good(cublasLtMatrixLayoutGetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_TYPE, &value,
                                                 sizeof value, &written));
  };
  return description(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, compute) &&
         description(CUBLASLT_MATMUL_DESC_SCALE_TYPE, scale) && type(p.left, left) &&
         type(p.right, right) && type(p.result, result) &&
         good(cublasLtMatmulAlgoInit(
             library, static_cast<cublasComputeType_t>(compute), static_cast<cudaDataType>(scale),
             static_cast<cudaDataType>(left), static_cast<cudaDataType>(right),
             static_cast<cudaDataType>(result), static_cast<cudaDataType>(result),
             static_cast<int>(id), &p.algorithm));
}

} // namespace

void algorithmText(const Product &product, char *text, size_t capacity) {
  *text = '\0';
  if (!product.description)
    return;
  int at = std::snprintf(text, capacity, "cublasLt %zu", cublasLtGetVersion());
  for (const Attribute &attribute : attributes)
    if (at >= 0 && static_cast<size_t>(at) < capacity)
      at += std::snprintf(text + at, capacity - at, " %s=%u", attribute.name,
                          valueOf(product.algorithm, attribute));
}

const char *rebuildAlgorithm(cublasLtHandle_t library, Product &product, const char *text) {
  unsigned long version = 0;
  uint32_t values[count] = {};
  if (!parse(text, version, values))
    return "the record of cuBLASLt's algorithm is damaged";
  if (version != cublasLtGetVersion())
    return "another version of cuBLASLt recorded the algorithm";
  if (values[splitAt] > 1 || values[reductionAt] != CUBLASLT_REDUCTION_SCHEME_NONE)
    return "the recorded algorithm of cuBLASLt splits k";
  constexpr const char *refused = "cuBLASLt does not take the recorded algorithm here";
  if (!begin(library, product, values[idAt]))
    return refused;
  for (int i = idAt + 1; i < count; ++i) {
    const Attribute &attribute = attributes[i];
    if (values[i] != valueOf(product.algorithm, attribute) &&
        !good(cublasLtMatmulAlgoConfigSetAttribute(&product.algorithm, attribute.which, &values[i],
                                                   attribute.bytes)))
      return refused;
  }
  cublasLtMatmulHeuristicResult_t found = {};
  bool fits =
      good(cublasLtMatmulAlgoCheck(library, product.description, product.left, product.right,
                                   product.result, product.result, &product.algorithm, &found)) &&
      good(found.state) && found.workspaceSize <= static_cast<size_t>(product.workspaceBytes);
  return fits ? nullptr : refused;
}

} // namespace plimsoll::cuda
