//===- ModelOutline.h - the names in a model file ------------------*- C++ -*-===//
//
// For tools that refer to a model by the user's names and need no tensors: the names of nodes,
// results and inputs in the file, before anything is folded, raised or merged.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_FRONTEND_MODELOUTLINE_H
#define PLIMSOLL_COMPILER_FRONTEND_MODELOUTLINE_H

#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll::frontend {

struct OutlineNode {
  std::string label;  ///< as in locations and diagnostics
  std::string module; ///< its path in the framework, or ""
  std::string type;   ///< MatMul
  std::vector<std::string> inputs, results;
};

/// A dimension of an input: a literal size, or the name of a dynamic one ("" if unnamed).
struct OutlineDimension {
  int64_t size = -1; ///< -1: dynamic
  std::string name;
};

struct OutlineInput {
  std::string name;
  bool isInteger = false;
  std::vector<OutlineDimension> dimensions;
};

struct ModelOutline {
  std::vector<OutlineInput> inputs; ///< without initializers
  std::vector<OutlineNode> nodes;   ///< in file order
};

} // namespace plimsoll::frontend

#endif // PLIMSOLL_COMPILER_FRONTEND_MODELOUTLINE_H
