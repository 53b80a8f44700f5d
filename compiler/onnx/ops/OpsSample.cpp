//===- OpsSample.cpp - GridSample: images read between their pixels --------------===//
//
// What a point reads is a product of taps along both axes (one, two or four each): rows of pixels,
// gathered and weighted. The gradients of image and grid follow from those of the gathers and of
// the weights.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

using P = nn::Predicate;

namespace {

/// One tap: its distance from the start of the cell, and its weight.
struct Tap {
  double offset;
  Value weight; ///< null if it is 1
};

/// One axis of the image: `size` pixels, and the positions of all points along it.
class Axis {
public:
  Axis(Arithmetic &a, Value grid, int64_t size, const std::string &padding, bool aligned)
      : a(a), size(double(size)), padding(padding), aligned(aligned) {
    // -1 and 1 are the centres of the outer pixels if `aligned`, else their outer edges.
    Value half = a.mul(a.add(grid, 1.0), 0.5);
    at = aligned ? a.mul(half, this->size - 1) : a.add(a.mul(half, this->size), -0.5);
  }

  /// Returns the first pixel of each point's cell, and the taps from there.
  std::pair<Value, SmallVector<Tap>> taps(const std::string &mode) {
    if (mode == "cubic")
      return cubic();
    Value x = padded(at);
    if (mode == "nearest")
      return {a.n.emit<nn::RoundOp>(x), {{0.0, Value()}}};
    Value first = a.n.emit<nn::FloorOp>(x), rest = a.sub(x, first);
    return {first, {{0.0, a.add(a.neg(rest), 1.0)}, {1.0, rest}}};
  }

  /// Returns the pixel at `place` as an index; `inside` is false where zeros are read instead.
  Value pixel(Value place, Value &inside, bool isCubic) {
    Value x = isCubic ? padded(place) : place;
    Value below = a.compare(P::ge, x, 0.0), above = a.compare(P::le, x, size - 1);
    inside = padding == "zeros" ? a.n.emit<nn::AndOp>({below, above}) : Value();
    Value kept = a.select(below, a.min(x, size - 1), a.n.scalar(0.0, x)); // NaN: the first
    return a.n.cast(kept, a.n.builder.getI64Type());
  }

private:
  /// Returns `x` with positions outside of the image moved into it, unless zeros are read there.
  Value padded(Value x) {
    if (padding == "zeros")
      return x;
    if (padding == "reflection")
      x = reflected(x);
    return a.min(a.max(x, 0.0), size - 1);
  }

  Value reflected(Value x) {
    double low = aligned ? 0 : -0.5, span = aligned ? size - 1 : size;
    if (span <= 0)
      return a.mul(x, 0.0);
    Value away = a.abs(a.add(x, -low)), length = a.n.scalar(span, x);
    Value rest = a.n.emit<nn::ModOp>({away, length}, a.n.unitNamed("truncated"));
    Value turns = a.n.emit<nn::FloorOp>(a.div(away, length));
    Value odd = a.compare(
        P::ge, a.n.emit<nn::ModOp>({turns, a.n.scalar(2.0, x)}, a.n.unitNamed("truncated")), 1.0);
    return a.add(a.select(odd, a.sub(length, rest), rest), low);
  }

  /// Returns the taps of cubic convolution (Keys 1981) with a = -0.75.
  std::pair<Value, SmallVector<Tap>> cubic() {
    constexpr double c = -0.75;
    Value first = a.n.emit<nn::FloorOp>(at), t = a.sub(at, first);
    auto near = [&](Value d) { // |d| <= 1
      return a.add(a.mul(a.mul(a.add(a.mul(d, c + 2), -(c + 3)), d), d), 1.0);
    };
    auto far = [&](Value d) { // 1 < |d| < 2
      return a.add(a.mul(a.add(a.mul(a.add(a.mul(d, c), -5 * c), d), 8 * c), d), -4 * c);
    };

    Value back = a.add(a.neg(t), 1.0);
    return {first,
            {{-1.0, far(a.add(t, 1.0))},
             {0.0, near(t)},
             {1.0, near(back)},
             {2.0, far(a.add(back, 1.0))}}};
  }

  Arithmetic &a;
  double size;
  const std::string &padding;
  bool aligned;
  Value at;
};

/// Samples an image [batch, channels, height, width] that is stored as rows of pixels.
class Sampler {
public:
  Sampler(Node &n, Value x, Value grid) : n(n), a(n), x(shapeOf(x)), grid(shapeOf(grid)) {
    pixels =
        n.reshape(n.transpose(x, {0, 2, 3, 1}), {this->x[0] * this->x[2] * this->x[3], this->x[1]});
    points = this->grid[0] * this->grid[1] * this->grid[2];
    // The first pixel of each entry of the batch.
    Value entries =
        a.mul(a.iota(this->x[0], n.builder.getI64Type()), double(this->x[2] * this->x[3]));
    begin = n.reshape(entries, {this->x[0], 1, 1});
  }

  Value run(Value gridValue, const std::string &mode, const std::string &padding, bool aligned) {
    auto along = [&](int64_t i) { return a.squeeze(n.part(gridValue, 3, i, 1), 3); };
    Axis columns(a, along(0), x[3], padding, aligned), rows(a, along(1), x[2], padding, aligned);
    bool isCubic = mode == "cubic";
    auto [left, across] = columns.taps(mode);
    auto [top, down] = rows.taps(mode);
    Value sum;
    for (const Tap &row : down)
      for (const Tap &column : across) {
        Value y = tap(rows, columns, a.add(top, row.offset), a.add(left, column.offset),
                      product(row.weight, column.weight), isCubic);
        sum = sum ? a.add(sum, y) : y;
      }
    return n.transpose(n.reshape(sum, {grid[0], grid[1], grid[2], x[1]}), {0, 3, 1, 2});
  }

private:
  Value product(Value u, Value v) { return u && v ? a.mul(u, v) : u ? u : v; }

  /// Returns the pixels at (row, column) of every point, times `weight`.
  Value tap(Axis &rows, Axis &columns, Value row, Value column, Value weight, bool isCubic) {
    Value rowInside, columnInside;
    Value i = rows.pixel(row, rowInside, isCubic), j = columns.pixel(column, columnInside, isCubic);
    Value index = a.add(a.add(a.mul(i, double(x[3])), j), begin);
    Value y = n.emit<nn::GatherOp>({pixels, n.reshape(index, {points})}, n.intNamed("axis", 0));
    auto each = [&](Value value) { return n.reshape(value, {points, 1}); };
    if (weight)
      y = a.mul(y, each(weight));
    if (rowInside && columnInside && y)
      y = a.select(each(n.emit<nn::AndOp>({rowInside, columnInside})), y, n.scalar(0.0, y));
    return y;
  }

  Node &n;
  Arithmetic a;
  Shape x, grid;
  Value pixels, begin;
  int64_t points;
};

} // namespace

static void gridSample(Node &n) {
  Value x = n.data(0), grid = n.data(1);
  std::string mode = n.stringAttr("mode", "linear");
  std::string padding = n.stringAttr("padding_mode", "zeros");
  mode = mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode; // before opset 20
  if (!x || !grid || n.failed())
    return;
  if (typeOf(x).getRank() != 4 || typeOf(grid).getRank() != 4)
    return n.unsupported("only images of two dimensions are supported, [batch, channels, height, "
                         "width], got " +
                         shapeText(shapeOf(x)));
  if (shapeOf(grid)[3] != 2 || shapeOf(grid)[0] != shapeOf(x)[0] ||
      typeOf(x).getNumElements() == 0 || typeOf(grid).getNumElements() == 0)
    return n.error("its grid " + shapeText(shapeOf(grid)) + " does not fit its image " +
                   shapeText(shapeOf(x)));
  if (mode != "linear" && mode != "nearest" && mode != "cubic")
    return n.unsupported("mode '" + mode + "' is unknown");
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    return n.unsupported("padding_mode '" + padding + "' is unknown");
  n.set(Sampler(n, x, grid).run(grid, mode, padding, n.intAttr("align_corners", 0) != 0));
}

void plimsoll::import::addSampleOps(llvm::StringMap<OpEntry> &table) {
  table["GridSample"].data = gridSample;
}
