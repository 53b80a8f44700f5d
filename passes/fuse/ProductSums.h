//===- ProductSums.h - what a product adds ---------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H
#define PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H

#include "mlir/IR/Block.h"

namespace plimsoll::fuse {

/// Lets matrix products add what is added to their results, a bias, a residual or a sum of
/// gradients, where nothing else reads the product alone. What is added exists when the product
/// runs, so that no value lives longer.
void addInProducts(mlir::Block &block);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H
