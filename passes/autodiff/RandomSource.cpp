//===- RandomSource.cpp - where a timeline's random numbers come from ---------===//
//
// In @forward, ops that draw numbers have no source. A timeline gives them one: the scalars of its
// step. Dropout is drawn in training only.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/RandomSource.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Random.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace plimsoll;

Value plimsoll::autodiff::addHyper(func::FuncOp timeline) {
  Builder builder(timeline.getContext());
  auto type = RankedTensorType::get({nn::kHyperCount}, builder.getF32Type());
  auto attributes = builder.getDictionaryAttr(
      {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("hyper")),
       builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("hyper"))});
  unsigned index = timeline.getNumArguments();
  (void)timeline.insertArgument(index, type, attributes, timeline.getLoc());
  return timeline.getArgument(index);
}

void plimsoll::autodiff::drawFrom(func::FuncOp timeline, Value hyper) {
  timeline.walk([&](Operation *op) {
    if (auto dropout = dyn_cast<nn::DropoutOp>(op))
      dropout.getHyperMutable().assign(hyper);
    else if (auto random = dyn_cast<nn::RandomOp>(op))
      random.getHyperMutable().assign(hyper);
  });
}

bool plimsoll::autodiff::drawsNumbers(func::FuncOp timeline) {
  return timeline
      .walk([](Operation *op) {
        return nn::isDrawing(op) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

void plimsoll::autodiff::removeDropout(func::FuncOp evaluate) {
  evaluate.walk([](nn::DropoutOp op) {
    op.getY().replaceAllUsesWith(op.getX());
    op.erase();
  });
}

void plimsoll::autodiff::remarkOnDropout(func::FuncOp train) {
  std::string places;
  int64_t count = 0;
  train.walk([&](nn::DropoutOp op) {
    llvm::raw_string_ostream(places) << (count ? ", " : "") << nn::describe(op)
                                     << llvm::format(" (%g)", op.getP().convertToDouble());
    ++count;
  });
  if (count > 0)
    emitRemark(train.getLoc()) << "training drops elements at " << count << " place"
                               << (count == 1 ? "" : "s") << ", evaluation nowhere: " << places;
}
