//===- TrainingMode.cpp - what training does differently from inference -------===//
//
// Exporters write every batch normalisation in inference form, even if the model is in training
// mode. PyTorch's training form follows from it: statistics of the batch, and an update of the
// running ones. The update is a separate op, since a plan may repeat the normalisation.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/TrainingMode.h"
#include "dialects/nn/Loads.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;

namespace {

class BatchNormTrainer {
public:
  LogicalResult convert(nn::BatchNormInferenceOp op) {
    nn::LoadOp mean = nn::repeatedLoad(op.getMean());
    nn::LoadOp variance = nn::repeatedLoad(op.getVariance());
    if (!mean || !variance)
      return success(); // statistics that are not parameters stay as they are
    auto owner = SymbolTable::lookupNearestSymbolFrom(op, mean.getSymbolAttr());
    if (owner && owner->hasAttr(nn::kTeacherAttr))
      return success();
    RankedTensorType type = op.getX().getType(), running = mean.getValue().getType();
    int64_t channels = type.getDimSize(1), sets = running.getNumElements();
    if (running != variance.getValue().getType() ||
        running.getElementType() != type.getElementType() || sets == 0 ||
        op.getMean().getType().getNumElements() % sets != 0)
      return op.emitError("batch normalisation '")
             << nn::describe(op) << "' has running statistics of types " << running << " and "
             << variance.getValue().getType() << ", of which a step cannot make the next ones";
    int64_t count = channels > 0 ? type.getNumElements() / channels : 0;
    if (count < 2)
      return op.emitError("batch normalisation '")
             << nn::describe(op) << "' sees " << count
             << " element of each channel, and a variance needs two; make the batch larger";
    for (nn::LoadOp load : {mean, variance})
      if (auto [first, isNew] = updated.try_emplace(load.getSymbolAttr(), op.getLoc()); !isNew)
        return refuseShared(op, load.getSymbolAttr(), first->second);
    rewrite(op, mean, variance, count);
    ++converted;
    op.erase();
    return success();
  }

  void remark(Location loc) const {
    if (converted > 0)
      emitRemark(loc) << converted << " batch normalisation" << (converted == 1 ? "" : "s")
                      << " exported in inference form: training normalises by the batch and "
                         "updates the running statistics as PyTorch does (unbiased variance)";
  }

private:
  /// Refuses to convert `op`, whose running statistics `first` updates already.
  static LogicalResult refuseShared(nn::BatchNormInferenceOp op, SymbolRefAttr statistics,
                                    Location first) {
    InFlightDiagnostic error = op.emitError("batch normalisation '")
                               << nn::describe(op) << "' shares the running statistics "
                               << statistics
                               << " with another, and a step can update them once; export the "
                                  "model with one module for each use";
    error.attachNote(first) << "the other" << nn::inNode(first);
    return error;
  }

  /// Returns `statistic` in the type of `running`. An instance normalisation has one for each image
  /// and channel: its running statistics are updated by the mean over images.
  static Value perChannel(OpBuilder &builder, Value statistic, nn::LoadOp running) {
    auto type = cast<RankedTensorType>(statistic.getType());
    RankedTensorType own = running.getValue().getType();
    int64_t channels = own.getNumElements();
    Location loc = statistic.getLoc();
    if (type == own)
      return statistic;
    if (channels == type.getNumElements())
      return nn::ReshapeOp::create(builder, loc, own, statistic);
    int64_t images = type.getNumElements() / channels;
    Value rows = nn::ReshapeOp::create(builder, loc, type.clone({images, channels}), statistic);
    Value sum = nn::ReduceSumOp::create(builder, loc, rows, builder.getDenseI64ArrayAttr({0}));
    Value share = nn::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, type.getElementType()),
                               builder.getFloatAttr(type.getElementType(), 1.0 / images)));
    Value mean = nn::MulOp::create(builder, loc, sum, share);
    return mean.getType() == own ? mean : nn::ReshapeOp::create(builder, loc, own, mean).getY();
  }

  static void rewrite(nn::BatchNormInferenceOp op, nn::LoadOp mean, nn::LoadOp variance,
                      int64_t count) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto norm = nn::BatchNormOp::create(builder, loc, op.getX(), op.getScale(), op.getBias(),
                                        op.getEpsilonAttr());
    auto update = nn::BatchNormUpdateOp::create(
        builder, loc, mean, variance, perChannel(builder, norm.getMean(), mean),
        perChannel(builder, norm.getVariance(), variance), builder.getI64IntegerAttr(count),
        op.getMomentumAttr());
    nn::StoreOp::create(builder, loc, update.getNewMean(), mean.getSymbol());
    nn::StoreOp::create(builder, loc, update.getNewVariance(), variance.getSymbol());
    op.getY().replaceAllUsesWith(norm.getY());
  }

  DenseMap<Attribute, Location> updated; ///< statistics, and where
  int64_t converted = 0;
};

} // namespace

LogicalResult plimsoll::autodiff::setTrainingMode(func::FuncOp train) {
  BatchNormTrainer trainer;
  LogicalResult result = success();
  for (auto op :
       llvm::make_early_inc_range(train.getBody().front().getOps<nn::BatchNormInferenceOp>()))
    if (failed(trainer.convert(op)))
      result = failure();
  trainer.remark(train.getLoc());
  return result;
}
