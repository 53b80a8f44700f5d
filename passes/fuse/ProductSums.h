//===- ProductSums.h - what a product adds ---------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H
#define PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H

#include "mlir/IR/Block.h"

namespace plimsoll::fuse {

/// Lets matrix products and gradients of layer normalisations add what is added to their results, a
/// bias, a residual or a sum of gradients, where nothing else reads the result alone. What is added
/// exists when they run, so that no value lives longer.
void addInProducts(mlir::Block &block);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_PRODUCTSUMS_H
