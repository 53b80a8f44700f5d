//===- plimsoll-opt.cpp - runs passes on text -----------------------------------===//
#include "compiler/pipeline/Pipeline.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "passes/autodiff/Passes.h"
#include "passes/fuse/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/precision/Passes.h"
#include "passes/prepare/Passes.h"

int main(int argc, char **argv) {
  plimsoll::prepare::registerPreparePasses();
  plimsoll::autodiff::registerAutodiffPasses();
  plimsoll::precision::registerPrecisionPasses();
  plimsoll::fuse::registerFusePasses();
  plimsoll::lower::registerLowerPasses();
  // Text tests plan for a machine without libraries: the same plan everywhere.
  plimsoll::memory::registerPlanMemoryPass(
      [] { return std::make_shared<plimsoll::memory::Target>(); });
  mlir::registerCSEPass();
  mlir::registerCanonicalizerPass();
  mlir::DialectRegistry registry;
  plimsoll::pipeline::registerDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "plimsoll's pass development driver\n", registry));
}
