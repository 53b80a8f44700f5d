//===- KernelSignature.cpp - buffers, sizes and scalars of kernels ---------------===//
#include "dialects/exec/KernelSignature.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace plimsoll;
using namespace plimsoll::exec;

// Functions for the formulas of Kernels.td --------------------------------------

static Count volume(const Triple &triple) {
  return triple.at[0] * triple.at[1] * triple.at[2];
}

/// Returns the elements from the first to the last of `count` in steps of `stride`, without the
/// last.
static Count span(Count count, Count stride) {
  return count > 0 ? (count - 1) * stride : Count(0);
}

static Count sum(ArrayRef<Count> counts) {
  Count total;
  for (Count count : counts)
    total = total + count;
  return total;
}

/// True if 32 bits can count along the window in every dimension, as kernels do.
static bool fits(const Triple &size, const Triple &kernel, const Triple &out, const Triple &stride,
                 const Triple &pad, const Triple &dilation) {
  for (int d = 0; d < 3; ++d) {
    Count padding = pad.at[d] < 0 ? Count(0) - pad.at[d] : pad.at[d];
    Count reach = size.at[d] + out.at[d] * stride.at[d] + kernel.at[d] * dilation.at[d] + padding;
    if (reach > std::numeric_limits<int32_t>::max())
      return false;
  }
  return true;
}

#include "dialects/exec/Kernels.cpp.inc"

ArrayRef<KernelSignature> plimsoll::exec::kernelSignatures() {
  return kSignatures;
}

const KernelSignature *plimsoll::exec::findKernelSignature(StringRef name) {
  const auto *found = find_if(kSignatures, [&](const auto &each) { return each.name == name; });
  return found == std::end(kSignatures) ? nullptr : found;
}

bool KernelSignature::existsIn(unsigned origins, ElementType type, Precision precision) const {
  unsigned common = origins & libraries;
  bool onCuda = (common & kCuda) && (cudaTypes & bitOf(type)) &&
                (precision == Precision::stored || (cudaPrecisions & bitOf(precision)));
  bool onCpu = (common & ~kCuda) && (types & bitOf(type)) && precision == Precision::stored;
  return onCuda || onCpu;
}

// The numbers of a call ---------------------------------------------------------

static size_t numbersOf(ArrayRef<SizeSignature> sizes) {
  size_t numbers = 0;
  for (const SizeSignature &size : sizes)
    numbers += size.count;
  return numbers;
}

static std::string counted(size_t count, StringRef what) {
  return std::to_string(count) + " " + what.str() + (count == 1 ? "" : "s");
}

/// True if `number` is allowed for `size`; if not, `error` says why.
static bool isAllowed(const SizeSignature &size, int64_t number, std::string &error) {
  constexpr int64_t most = int64_t(1) << 48; // more than any memory has
  std::string found = ", found " + std::to_string(number);
  switch (size.rule) {
  case SizeRule::any:
    return true;
  case SizeRule::flag:
    error = "'" + size.name.str() + "' must be 0 or 1" + found;
    return number == 0 || number == 1;
  case SizeRule::choice:
    error = "'" + size.name.str() + "' must be in [0, " + std::to_string(size.cases.size()) + ")" +
            found;
    return number >= 0 && number < int64_t(size.cases.size());
  case SizeRule::positive:
    error = "'" + size.name.str() + "' must be in [1, 2^48)" + found;
    return number > 0 && number < most;
  case SizeRule::extent:
    error = "'" + size.name.str() + "' must be in [0, 2^48)" + found;
    return number >= 0 && number < most;
  }
  return false;
}

static bool areAllowed(ArrayRef<SizeSignature> sizes, ArrayRef<int64_t> numbers,
                       std::string &error) {
  for (const SizeSignature &size : sizes) {
    size_t count = size.count ? size.count : numbers.size();
    for (int64_t number : numbers.take_front(count))
      if (!isAllowed(size, number, error))
        return false;
    numbers = numbers.drop_front(count);
  }
  return true;
}

/// Determines the repetitions and whether optional buffers are present. Returns false and sets
/// `error` if the number of buffers is wrong.
static bool countBuffers(const KernelSignature &signature, ElementType type,
                         ArrayRef<int64_t> sizes, size_t buffers, KernelNumbers &numbers,
                         std::string &error) {
  size_t expected = 0, repeated = 0;
  for (const BufferSignature &buffer : signature.buffers)
    if (buffer.existsFor(type))
      expected += 1, repeated += buffer.repeated;
  if (repeated > 0) {
    bool isList = signature.sizes.back().count == 0;
    int64_t told = isList ? sizes.size() - numbersOf(signature.sizes) : sizes.front();
    numbers.repetitions = std::max<int64_t>(told, 0);
    expected += (numbers.repetitions - 1) * repeated;
  }
  numbers.hasOptionalBuffers =
      !signature.optionalBuffers.empty() && buffers == expected + signature.optionalBuffers.size();
  error = "it takes " + counted(expected, "buffer") + ", found " + std::to_string(buffers);
  return buffers == expected || numbers.hasOptionalBuffers;
}

/// Determines whether optional scalars, and with them optional sizes, are present. Returns false
/// and sets `error` if the number of scalars is wrong.
static bool countScalars(const KernelSignature &signature, size_t scalars, KernelNumbers &numbers,
                         std::string &error) {
  size_t expected = signature.scalars.size(), more = signature.optionalScalars.size();
  numbers.hasOptions = more > 0 && scalars == expected + more;
  if (signature.together && numbers.hasOptions != numbers.hasOptionalBuffers) {
    error = "it takes optional buffers, sizes and scalars together";
    return false;
  }
  error = "it takes " + counted(expected, "scalar") + ", found " + std::to_string(scalars);
  return scalars == expected || numbers.hasOptions;
}

std::optional<KernelNumbers> plimsoll::exec::readNumbers(const KernelSignature &signature,
                                                         ElementType type, ArrayRef<int64_t> sizes,
                                                         size_t scalars, size_t buffers,
                                                         std::string &error) {
  KernelNumbers numbers;
  size_t least = numbersOf(signature.sizes);
  if (sizes.size() < least) {
    error = "it takes " + counted(least, "size") + ", found " + std::to_string(sizes.size());
    return std::nullopt;
  }
  if (!countBuffers(signature, type, sizes, buffers, numbers, error) ||
      !countScalars(signature, scalars, numbers, error))
    return std::nullopt;
  bool isList = !signature.sizes.empty() && signature.sizes.back().count == 0;
  size_t expected = least + (numbers.hasOptions ? numbersOf(signature.optionalSizes) : 0);
  if (!isList && sizes.size() != expected) {
    error = "it takes " + counted(expected, "size") + ", found " + std::to_string(sizes.size());
    return std::nullopt;
  }
  numbers.sizes.assign(sizes.begin(), sizes.end());
  if (!numbers.hasOptions)
    for (const SizeSignature &size : signature.optionalSizes)
      numbers.sizes.append(size.count, *size.standard);
  ArrayRef<int64_t> all = numbers.sizes;
  size_t own = all.size() - numbersOf(signature.optionalSizes);
  if (!areAllowed(signature.sizes, all.take_front(own), error) ||
      !areAllowed(signature.optionalSizes, all.drop_front(own), error))
    return std::nullopt;
  return numbers;
}
