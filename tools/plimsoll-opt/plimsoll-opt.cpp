//===- plimsoll-opt.cpp - runs passes on text -----------------------------------===//
#include "compiler/pipeline/Pipeline.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  plimsoll::pipeline::registerPasses();
  mlir::DialectRegistry registry;
  plimsoll::pipeline::registerDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "plimsoll's pass development driver\n", registry));
}
