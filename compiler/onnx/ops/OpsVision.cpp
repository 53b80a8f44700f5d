//===- OpsVision.cpp - windows over channels, columns and sampled images ---------===//
//
// Operators that are short formulas of pooling, convolutions and gathered rows.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

// Local response normalisation ----------------------------------------------

/// Returns the attributes of windows of size `kernel` that move by 1.
static SmallVector<NamedAttribute> unitWindows(Node &n, ArrayRef<int64_t> kernel,
                                               ArrayRef<int64_t> pads) {
  Shape ones(kernel.size(), 1);
  return {n.intsNamed("strides", ones), n.intsNamed("pads", pads), n.intsNamed("dilations", ones),
          n.intsNamed("kernel", kernel), n.unitNamed("count_padding")};
}

/// Sets x / (bias + alpha mean(x^2))^beta, where the mean is over `size` neighbouring channels and
/// channels beyond an end count as 0: an average pooling over the channels, as in PyTorch.
static void localResponse(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  int64_t size = n.intAttr("size", 0);
  if (!x || typeOf(x).getRank() < 2 || size < 1 || size > 1 << 20 ||
      typeOf(x).getNumElements() == 0)
    return n.error("needs [batch, channels, ...] and a positive size");
  Shape shape(shapeOf(x));
  int64_t rest = *elementCount(ArrayRef<int64_t>(shape).drop_front(2));
  Value planes = n.reshape(a.mul(x, x), {shape[0], 1, shape[1], rest});
  Value mean = planes;
  if (size > 1)
    mean = n.emitTo<nn::AvgPoolOp>(planes.getType(), planes,
                                   unitWindows(n, {size, 1}, {(size - 1) / 2, 0, size / 2, 0}));
  Value base = a.add(a.mul(mean, n.floatAttr("alpha", 1e-4)), n.floatAttr("bias", 1.0));
  Value divisor = n.emit<nn::PowOp>({base, n.scalar(n.floatAttr("beta", 0.75), x)});
  n.set(a.div(x, n.reshape(divisor, shape)));
}

// Norms of windows ----------------------------------------------------------

/// Sets (sum |x|^p)^(1/p) over all sizes of a channel.
static void globalLpPool(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  double p = double(n.intAttr("p", 2));
  if (!x || typeOf(x).getRank() < 3 || p < 1)
    return n.error("needs [batch, channels, sizes...] and a positive p");
  Shape axes = ascending(2, typeOf(x).getRank());
  if (p == 1)
    return n.set(a.sum(a.abs(x), axes));
  if (p == 2)
    return n.set(a.sqrt(a.sum(a.mul(x, x), axes)));
  Value sum = a.sum(n.emit<nn::PowOp>({a.abs(x), n.scalar(p, x)}), axes);
  n.set(n.emit<nn::PowOp>({sum, n.scalar(1.0 / p, x)}));
}

// Columns to images ---------------------------------------------------------

namespace {
/// The blocks of a Col2Im.
struct Blocks {
  Shape image, block, strides, dilations, pads, counts;
};
} // namespace

static std::optional<Blocks> blocksOf(Node &n) {
  std::optional<Shape> image = n.knownInts(1), block = n.knownInts(2);
  if (!image || !block)
    return std::nullopt;
  size_t dims = image->size();
  Blocks result{*image,
                *block,
                n.intsAttr("strides").value_or(Shape(dims, 1)),
                n.intsAttr("dilations").value_or(Shape(dims, 1)),
                n.intsAttr("pads").value_or(Shape(2 * dims, 0)),
                {}};
  auto within = [](ArrayRef<int64_t> list, size_t count, int64_t least) {
    return list.size() == count &&
           llvm::all_of(list, [&](int64_t v) { return v >= least && v < int64_t(1) << 30; });
  };
  bool fits = dims >= 1 && dims <= 3 && within(*image, dims, 1) && within(*block, dims, 1) &&
              within(result.strides, dims, 1) && within(result.dilations, dims, 1) &&
              within(result.pads, 2 * dims, 0);
  for (size_t d = 0; fits && d < dims; ++d) {
    int64_t left = (*image)[d] + result.pads[d] + result.pads[dims + d] -
                   ((*block)[d] - 1) * result.dilations[d] - 1;
    fits = left >= 0;
    result.counts.push_back(left / result.strides[d] + 1);
  }
  if (!fits)
    n.error("its image, blocks, strides, dilations and pads do not fit each other");
  return n.failed() ? std::nullopt : std::optional(result);
}

/// Sets Col2Im as a transposed convolution: position i of a block is added to the element it comes
/// from.
static void columnsToImage(Node &n) {
  Value x = n.data(0);
  std::optional<Blocks> blocks = x ? blocksOf(n) : std::nullopt;
  if (!blocks)
    return;
  int64_t places = elementCount(blocks->block).value_or(0),
          all = shapeOf(x).size() == 3 ? shapeOf(x)[1] : 0;
  if (places == 0 || all == 0 || all % places != 0 ||
      elementCount(blocks->counts) != std::optional(shapeOf(x)[2]))
    return n.error("its columns " + shapeText(shapeOf(x)) + " do not fit blocks of " +
                   shapeText(blocks->block) + " in an image of " + shapeText(blocks->image));
  Shape from = {shapeOf(x)[0], all}, kernel = {all, 1}, to = {shapeOf(x)[0], all / places};
  llvm::append_range(from, blocks->counts);
  llvm::append_range(kernel, blocks->block);
  llvm::append_range(to, blocks->image);
  if (!n.mayFold(kernel))
    return;
  HostTensor weights(*n.dtype(0), kernel);
  for (int64_t i = 0; i < all; ++i)
    weights.setFloat(i * places + i % places, 1.0);
  SmallVector<NamedAttribute> attrs = {
      n.intsNamed("strides", blocks->strides), n.intsNamed("pads", blocks->pads),
      n.intsNamed("dilations", blocks->dilations), n.intNamed("groups", all / places)};
  n.set(n.emitTo<nn::ConvTransposeOp>(typeOf(x).clone(to),
                                      {n.reshape(x, from), n.constant(weights)}, attrs));
}

void plimsoll::import::addVisionOps(llvm::StringMap<OpEntry> &table) {
  table["LRN"].data = localResponse;
  table["GlobalLpPool"].data = globalLpPool;
  table["Col2Im"].data = columnsToImage;
}
