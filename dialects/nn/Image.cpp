//===- Image.cpp - convolution and pooling over one to three dimensions --------===//
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

/// Refuses strides, pads or dilations that do not fit tensors with `sizes` spatial dimensions.
template <typename Op> static LogicalResult verifyWindow(Op op, size_t sizes) {
  ArrayRef<int64_t> strides = op.getStrides(), pads = op.getPads(), dilations = op.getDilations();
  if (strides.size() != sizes || pads.size() != 2 * sizes || dilations.size() != sizes)
    return op.emitOpError("needs ") << sizes << " strides, " << 2 * sizes << " pads and " << sizes
                                    << " dilations, one or two for each spatial dimension";
  auto isPositive = [](int64_t n) { return n > 0; };
  if (!llvm::all_of(strides, isPositive) || !llvm::all_of(dilations, isPositive) ||
      llvm::any_of(pads, [](int64_t n) { return n < 0; }))
    return op.emitOpError("needs positive strides and dilations, and no negative pad");
  return success();
}

static bool hasSpatialRank(RankedTensorType type) {
  return type.getRank() >= 3 && type.getRank() <= 5;
}

/// Returns the last position of a window along dimension `d`, counted from the first; negative if
/// the window does not fit into the padded size.
template <typename Op> static int64_t room(Op op, int64_t size, int64_t kernel, unsigned d) {
  ArrayRef<int64_t> pads = op.getPads();
  return size + pads[d] + pads[pads.size() / 2 + d] - op.getDilations()[d] * (kernel - 1) - 1;
}

// Convolution ---------------------------------------------------------------

/// Refuses types unless `y` is the convolution of `x` with `w`; the op's result may be any of the
/// three.
template <typename Op>
static LogicalResult verifyConv(Op op, RankedTensorType x, RankedTensorType w, RankedTensorType y) {
  if (!hasSpatialRank(x) || w.getRank() != x.getRank() || y.getRank() != x.getRank())
    return op.emitOpError("needs tensors [batch, channels, sizes...] and [filters, channels / "
                          "groups, sizes...] with one to three sizes, all of the same number");
  if (x.getElementType() != w.getElementType() || x.getElementType() != y.getElementType())
    return op.emitOpError("element types differ: ") << x << ", " << w << " and " << y;
  if (failed(verifyWindow(op, x.getRank() - 2)))
    return failure();
  int64_t groups = op.getGroups();
  if (groups <= 0 || x.getDimSize(1) != w.getDimSize(1) * groups || w.getDimSize(0) % groups != 0)
    return op.emitOpError("channels do not fit ") << groups << " groups: " << x << " and " << w;
  SmallVector<int64_t> expected = {x.getDimSize(0), w.getDimSize(0)};
  for (int64_t d = 2; d < x.getRank(); ++d) {
    int64_t left = room(op, x.getDimSize(d), w.getDimSize(d), d - 2);
    expected.push_back(left < 0 ? 0 : left / op.getStrides()[d - 2] + 1);
  }
  if (y.getShape() != ArrayRef(expected))
    return op.emitOpError("the convolution of ")
           << x << " with " << w << " is " << y.clone(expected) << ", not " << y;
  return success();
}

LogicalResult ConvOp::verify() {
  return verifyConv(*this, getX().getType(), getW().getType(), getY().getType());
}
LogicalResult ConvGradInputOp::verify() {
  return verifyConv(*this, getDx().getType(), getW().getType(), getDy().getType());
}
LogicalResult ConvGradWeightOp::verify() {
  return verifyConv(*this, getX().getType(), getDw().getType(), getDy().getType());
}
LogicalResult ConvTransposeOp::verify() {
  return verifyConv(*this, getY().getType(), getW().getType(), getX().getType());
}

/// Counts one multiply-add for every output element and every weight of its filter.
static int64_t convFlops(RankedTensorType y, RankedTensorType w) {
  return 2 * y.getNumElements() * (w.getNumElements() / std::max<int64_t>(1, w.getDimSize(0)));
}
int64_t ConvOp::getFlops() {
  return convFlops(getY().getType(), getW().getType());
}
int64_t ConvGradInputOp::getFlops() {
  return convFlops(getDy().getType(), getW().getType());
}
int64_t ConvGradWeightOp::getFlops() {
  return convFlops(getDy().getType(), getDw().getType());
}
int64_t ConvTransposeOp::getFlops() {
  return convFlops(getX().getType(), getW().getType());
}

// Pooling -------------------------------------------------------------------

/// Refuses types unless `y` has one element for each window over `x`. One more window is allowed if
/// it begins inside `x` or its leading padding: rounding is the model's choice.
template <typename Op>
static LogicalResult verifyPool(Op op, RankedTensorType x, RankedTensorType y) {
  if (!hasSpatialRank(x) || y.getRank() != x.getRank())
    return op.emitOpError("needs tensors [batch, channels, sizes...] with one to three sizes, got ")
           << x << " and " << y;
  ArrayRef<int64_t> kernel = op.getKernel();
  if (failed(verifyWindow(op, x.getRank() - 2)))
    return failure();
  if (int64_t(kernel.size()) != x.getRank() - 2 ||
      llvm::any_of(kernel, [](int64_t size) { return size < 1; }))
    return op.emitOpError("needs a positive kernel size for each spatial dimension of ") << x;
  bool fits = x.getShape().take_front(2) == y.getShape().take_front(2);
  for (int64_t d = 2; fits && d < x.getRank(); ++d) {
    int64_t stride = op.getStrides()[d - 2], left = room(op, x.getDimSize(d), kernel[d - 2], d - 2);
    int64_t least = left < 0 ? 0 : left / stride + 1, count = y.getDimSize(d);
    bool beginsInside = count == 0 || (count - 1) * stride < x.getDimSize(d) + op.getPads()[d - 2];
    fits = (count == least || count == least + 1) && beginsInside;
  }
  if (!fits)
    return op.emitOpError("the windows over ") << x << " do not give " << y;
  return success();
}

/// Does the same for poolings whose `x` and `y` must have the same element type.
template <typename Op>
static LogicalResult verifyPooled(Op op, RankedTensorType x, RankedTensorType y) {
  if (x.getElementType() != y.getElementType())
    return op.emitOpError("element types differ: ") << x << " and " << y;
  return verifyPool(op, x, y);
}

LogicalResult MaxPoolOp::verify() {
  return verifyPooled(*this, getX().getType(), getY().getType());
}
LogicalResult MaxPoolIndexOp::verify() {
  return verifyPool(*this, getX().getType(), getY().getType());
}
LogicalResult MaxPoolGradOp::verify() {
  if (getX().getType() != getDx().getType())
    return emitOpError("x and dx differ: ") << getX().getType() << " and " << getDx().getType();
  return verifyPooled(*this, getDx().getType(), getDy().getType());
}
LogicalResult AvgPoolOp::verify() {
  return verifyPooled(*this, getX().getType(), getY().getType());
}
LogicalResult AvgPoolGradOp::verify() {
  return verifyPooled(*this, getDx().getType(), getDy().getType());
}

/// Counts one operation for every element of every window.
static int64_t poolFlops(RankedTensorType y, ArrayRef<int64_t> kernel) {
  int64_t flops = y.getNumElements();
  for (int64_t size : kernel)
    flops *= size;
  return flops;
}
int64_t MaxPoolOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t MaxPoolIndexOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t MaxPoolGradOp::getFlops() {
  return poolFlops(getDy().getType(), getKernel());
}
int64_t AvgPoolOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t AvgPoolGradOp::getFlops() {
  return poolFlops(getDy().getType(), getKernel());
}
