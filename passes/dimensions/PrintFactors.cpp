//===- PrintFactors.cpp - index factors as text ---------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "passes/dimensions/Passes.h"
#include "llvm/Support/raw_ostream.h"

namespace plimsoll::dimensions {
#define GEN_PASS_DEF_PRINTFACTORSPASS
#include "passes/dimensions/Passes.h.inc"
} // namespace plimsoll::dimensions

using namespace mlir;
using namespace plimsoll;

namespace {
struct PrintFactors : dimensions::impl::PrintFactorsPassBase<PrintFactors> {
  void runOnOperation() override {
    getOperation().walk([&](nn::IndexFactorsOpInterface op) {
      nn::IndexFactors factors = op.getIndexFactors();
      if (failed(nn::verifyFactors(op, factors)))
        return signalPassFailure();
      llvm::outs() << op->getName() << " " << factors << "\n";
    });
  }
};
} // namespace
