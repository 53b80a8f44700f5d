//===- OpsLayout.cpp - operators that repeat, pad and rearrange elements -----------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Sets x tiled: every dimension d becomes [repeats, d], and both are merged.
static void tile(Node &n) {
  Value x = n.data(0);
  std::optional<Shape> repeats = x ? n.knownInts(1) : std::nullopt;
  if (!repeats)
    return;
  Shape single, repeated, result;
  if (int64_t(repeats->size()) != typeOf(x).getRank())
    return n.error("needs one number of repeats for each dimension of " + shapeText(shapeOf(x)));
  for (auto [size, count] : llvm::zip(shapeOf(x), *repeats)) {
    if (count < 0 || !elementCount({size, count}))
      return n.error("cannot repeat a dimension " + Twine(count) + " times");
    single.append({1, size});
    repeated.append({count, size});
    result.push_back(count * size);
  }
  if (!elementCount(result))
    return n.error("its result " + shapeText(result) + " is too large");
  n.set(n.reshape(n.broadcast(n.reshape(x, single), repeated), result));
}

// Pad -----------------------------------------------------------------------

namespace {
/// Elements to add before and behind each dimension; negative numbers cut elements off.
struct Padding {
  Shape before, behind;
};
} // namespace

static std::optional<Padding> paddingOf(Node &n, int64_t rank) {
  std::optional<Shape> pads = n.knownInts(1);
  std::optional<Shape> axes = n.has(3) ? n.knownInts(3) : ascending(0, rank);
  if (!pads || !axes)
    return std::nullopt;
  Padding result{Shape(rank, 0), Shape(rank, 0)};
  if (pads->size() != 2 * axes->size() || !n.axes(*axes, rank)) {
    n.error("needs two pads for each of its axes");
    return std::nullopt;
  }
  for (auto [i, given] : llvm::enumerate(*axes)) {
    int64_t d = *n.axis(given, rank);
    result.before[d] = (*pads)[i];
    result.behind[d] = (*pads)[i + axes->size()];
  }
  return result;
}

/// Returns the number of the element to put at position `at`, which may lie outside of [0, size).
static int64_t mirrored(StringRef mode, int64_t at, int64_t size) {
  if (mode == "edge")
    return std::clamp<int64_t>(at, 0, size - 1);
  if (mode == "wrap")
    return ((at % size) + size) % size;
  int64_t period = std::max<int64_t>(1, 2 * (size - 1)); // reflect: the border occurs once
  at = ((at % period) + period) % period;
  return at < size ? at : period - at;
}

static Value padByIndex(Arithmetic &a, Value x, StringRef mode, int64_t d, int64_t before,
                        int64_t behind) {
  int64_t size = shapeOf(x)[d];
  if (size == 0 || size + before + behind < 0) {
    a.n.error("cannot pad dimension " + Twine(d) + " of " + shapeText(shapeOf(x)));
    return {};
  }
  Shape index;
  for (int64_t at = -before; at < size + behind; ++at)
    index.push_back(mirrored(mode, at, size));
  return a.take(x, d, index);
}

/// Returns `x` with blocks of `fill` before and behind it along dimension `d`; negative pads cut
/// off a part first.
static Value padByValue(Arithmetic &a, Value x, Value fill, int64_t d, int64_t before,
                        int64_t behind) {
  int64_t begin = std::max<int64_t>(0, -before);
  int64_t size = shapeOf(x)[d] - begin - std::max<int64_t>(0, -behind);
  if (size < 0) {
    a.n.error("cannot cut so much from dimension " + Twine(d) + " of " + shapeText(shapeOf(x)));
    return {};
  }
  SmallVector<Value> parts;
  auto block = [&](int64_t count) {
    Shape shape(shapeOf(x));
    shape[d] = count;
    if (count > 0)
      parts.push_back(a.n.broadcast(fill, shape));
  };
  block(before);
  parts.push_back(a.n.part(x, d, begin, size));
  block(behind);
  return a.concat(parts, d);
}

static void pad(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::string mode = n.stringAttr("mode", "constant");
  std::optional<Padding> padding = x ? paddingOf(n, typeOf(x).getRank()) : std::nullopt;
  if (!padding)
    return;
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    return n.unsupported("mode '" + mode + "' is unknown");
  Value fill = mode == "constant" ? (n.has(2) ? n.data(2) : n.scalar(0.0, x)) : Value();
  if (fill && typeOf(fill).getRank() > 0)
    fill = n.reshape(fill, {});
  for (int64_t d = 0; x && d < typeOf(x).getRank(); ++d) {
    int64_t before = padding->before[d], behind = padding->behind[d];
    Shape sizes = {shapeOf(x)[d], std::max<int64_t>(0, before), std::max<int64_t>(0, behind)};
    if (llvm::any_of(sizes, [](int64_t size) { return size > int64_t(1) << 40; }))
      return n.error("its pads are too large");
    if (before != 0 || behind != 0)
      x = mode == "constant" ? padByValue(a, x, fill, d, before, behind)
                             : padByIndex(a, x, mode, d, before, behind);
  }
  n.set(x);
}

// Blocks of an image --------------------------------------------------------

/// Checks that `x` is [n, c, h, w] and returns the block size; nothing after an error.
static std::optional<int64_t> blockOf(Node &n, Value x) {
  int64_t block = n.intAttr("blocksize", 0);
  if (x && typeOf(x).getRank() == 4 && block > 0 && block < 1 << 16)
    return block;
  if (x)
    n.error("needs an input of four dimensions and a positive blocksize");
  return std::nullopt;
}

static void depthToSpace(Node &n) {
  Value x = n.data(0);
  std::optional<int64_t> block = blockOf(n, x);
  std::string mode = n.stringAttr("mode", "DCR");
  if (!block)
    return;
  Shape s(shapeOf(x));
  int64_t b = *block, c = s[1] / (b * b);
  if (s[1] % (b * b) != 0)
    return n.error("its blocks do not divide the " + Twine(s[1]) + " channels");
  bool crd = mode == "CRD"; // channels first, then the position in the block
  Value blocks =
      n.reshape(x, crd ? Shape{s[0], c, b, b, s[2], s[3]} : Shape{s[0], b, b, c, s[2], s[3]});
  Value moved = n.transpose(blocks, crd ? Shape{0, 1, 4, 2, 5, 3} : Shape{0, 3, 4, 1, 5, 2});
  n.set(n.reshape(moved, {s[0], c, s[2] * b, s[3] * b}));
}

static void spaceToDepth(Node &n) {
  Value x = n.data(0);
  std::optional<int64_t> block = blockOf(n, x);
  if (!block)
    return;
  Shape s(shapeOf(x));
  int64_t b = *block;
  if (s[2] % b != 0 || s[3] % b != 0)
    return n.error("its blocks do not divide " + shapeText(s));
  bool crd = n.stringAttr("mode", "DCR") == "CRD";
  Value blocks = n.reshape(x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
  Value moved = n.transpose(blocks, crd ? Shape{0, 1, 3, 5, 2, 4} : Shape{0, 3, 5, 1, 2, 4});
  n.set(n.reshape(moved, {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
}

// Triangles -----------------------------------------------------------------

/// Sets x within the triangle and zero outside; the triangle is known at compile time.
static void trilu(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::optional<Shape> shift = n.has(1) ? n.knownInts(1) : Shape{0};
  if (!x || !shift)
    return;
  if (typeOf(x).getRank() < 2 || shift->size() != 1)
    return n.error("needs matrices and one number k");
  int64_t rows = shapeOf(x)[typeOf(x).getRank() - 2], columns = shapeOf(x).back();
  bool upper = n.intAttr("upper", 1) != 0;
  int64_t k = std::clamp((*shift)[0], -rows, columns);
  if (!n.mayFold({rows, columns}))
    return;
  HostTensor kept(DType::boolean, {rows, columns});
  for (int64_t i = 0; i < kept.size(); ++i) {
    int64_t row = i / columns, column = i % columns;
    kept.setInt(i, upper ? column >= row + k : column <= row + k);
  }
  n.set(a.select(n.constant(kept), x, n.scalar(0.0, x)));
}

static void eyeLike(Node &n) {
  std::optional<Shape> shape = n.shape(0);
  std::optional<DType> dtype = n.dtype(0);
  if (int64_t to = n.intAttr("dtype", 0))
    dtype = dtypeOf(int(to));
  if (!shape || n.failed())
    return;
  if (!dtype || shape->size() != 2)
    return n.error("needs a matrix and a supported element type");
  if (!n.mayFold(*shape))
    return;
  int64_t k = n.intAttr("k", 0);
  HostTensor eye(*dtype, *shape);
  for (int64_t row = 0; row < (*shape)[0]; ++row)
    if (row + k >= 0 && row + k < (*shape)[1])
      eye.isFloat() ? eye.setFloat(row * (*shape)[1] + row + k, 1.0)
                    : eye.setInt(row * (*shape)[1] + row + k, 1);
  n.set(std::move(eye));
}

void plimsoll::import::addLayoutOps(llvm::StringMap<OpEntry> &table) {
  table["Tile"].data = tile;
  table["Pad"].data = pad;
  table["DepthToSpace"].data = depthToSpace;
  table["SpaceToDepth"].data = spaceToDepth;
  table["Trilu"].data = trilu;
  table["EyeLike"].data = table["EyeLike"].fold = eyeLike;
}
