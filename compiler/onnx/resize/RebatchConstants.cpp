#include "compiler/onnx/resize/RebatchConstants.h"
#include "llvm/ADT/Twine.h"

using namespace plimsoll::dimensions;
using namespace plimsoll::import;
using llvm::ArrayRef;
using llvm::Twine;

/// Returns the offsets, in a tensor of `shape`, of the elements [0, sizes[d]) of each dimension.
static std::vector<int64_t> frontIndex(ArrayRef<int64_t> shape, ArrayRef<int64_t> sizes) {
  std::vector<int64_t> index = {0};
  for (auto [size, taken] : llvm::zip(shape, sizes)) {
    std::vector<int64_t> next;
    for (int64_t offset : index)
      for (int64_t i = 0; i < taken; ++i)
        next.push_back(offset * size + i);
    index = std::move(next);
  }
  return index;
}

static bool hasEqualSlices(const HostTensor &tensor, ArrayRef<int64_t> shape, size_t along) {
  Shape single(shape);
  single[along] = 1;
  HostTensor front = tensor.take(single, frontIndex(shape, single));
  HostTensor repeated = front.take(shape, broadcastIndex(single, shape));
  auto same = [](double a, double b) { return a == b || (a != a && b != b); };
  return repeated.ints == tensor.ints && llvm::equal(repeated.floats, tensor.floats, same);
}

std::optional<HostTensor> plimsoll::import::resizedConstant(const HostTensor &tensor,
                                                            ArrayRef<Dim> dims, int64_t maxElements,
                                                            std::string &refusal) {
  Shape result, before, now, single; // the last three have one entry for each part
  std::vector<size_t> dimension;     // that each part belongs to
  for (auto [d, dim] : llvm::enumerate(dims)) {
    result.push_back(sizeAfter(dim));
    for (const Part &part : dim) {
      before.push_back(part.was);
      now.push_back(part.now);
      single.push_back(part.changes() ? 1 : part.was);
      dimension.push_back(d);
    }
  }
  std::optional<int64_t> count = elementCount(result);
  if (!count || *count > maxElements) {
    refusal = "would become " + shapeText(result) + ", too large for a constant";
    return std::nullopt;
  }
  for (size_t p = 0; p < before.size(); ++p)
    if (before[p] != now[p] && !hasEqualSlices(tensor, before, p)) {
      refusal = ("holds different numbers along dimension " + Twine(dimension[p]) + ", whose " +
                 Twine(before[p]) + " would become " + Twine(now[p]))
                    .str();
      return std::nullopt;
    }
  HostTensor one = tensor.take(single, frontIndex(before, single));
  return one.take(now, broadcastIndex(single, now)).reshaped(result);
}
