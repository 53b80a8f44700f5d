//===- PlanDialect.h - attributes that carry a memory plan ---------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_PLAN_PLANDIALECT_H
#define PLIMSOLL_DIALECTS_PLAN_PLANDIALECT_H

#include "dialects/support/KernelKey.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"

#include "dialects/plan/PlanDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/plan/PlanAttributes.h.inc"

namespace plimsoll::plan {
inline constexpr llvm::StringLiteral kPlacesAttr = "plan.places";
inline constexpr llvm::StringLiteral kPlaceAttr = "plan.place";
inline constexpr llvm::StringLiteral kWorkspaceAttr = "plan.workspace";
inline constexpr llvm::StringLiteral kLaunchAttr = "plan.launch";
inline constexpr llvm::StringLiteral kRecomputeAttr = "plan.recompute";
inline constexpr llvm::StringLiteral kMachineAttr = "plan.machine";
inline constexpr llvm::StringLiteral kArenaAttr = "plan.arena";
} // namespace plimsoll::plan

#endif // PLIMSOLL_DIALECTS_PLAN_PLANDIALECT_H
