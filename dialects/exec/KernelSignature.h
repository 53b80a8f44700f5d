//===- KernelSignature.h - what a launch of a kernel must bring ----*- C++ -*-===//
//
// The records of Kernels.td as a table: buffers with roles and sizes, named numbers, types.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_KERNELSIGNATURE_H
#define PLIMSOLL_DIALECTS_EXEC_KERNELSIGNATURE_H

#include "runtime/include/plimsoll/ElementType.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <limits>
#include <optional>
#include <string>

namespace plimsoll::exec {

/// A number of elements, bytes or steps. Operations saturate; a division by zero does, too.
class Count {
public:
  static constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

  constexpr Count(int64_t number = 0) : number(number) {}
  constexpr int64_t value() const { return number; }
  constexpr explicit operator bool() const { return number != 0; }

  friend constexpr Count operator+(Count a, Count b) { return clamped(Wide(a.number) + b.number); }
  friend constexpr Count operator-(Count a, Count b) { return clamped(Wide(a.number) - b.number); }
  friend constexpr Count operator*(Count a, Count b) { return clamped(Wide(a.number) * b.number); }
  friend constexpr Count operator/(Count a, Count b) { return b ? a.number / b.number : kMost; }
  friend constexpr Count operator%(Count a, Count b) { return b ? a.number % b.number : kMost; }
  friend constexpr auto operator<=>(Count a, Count b) = default;

private:
  __extension__ using Wide = __int128;
  static constexpr Count clamped(Wide x) {
    return x > kMost ? kMost : x < -kMost ? -kMost : int64_t(x);
  }

  int64_t number;
};

/// Three numbers, one for each dimension of a window.
struct Triple {
  Count at[3];
};

enum class BufferRole { read, write, update };
enum class BufferElement { data, f32, f64, i64, bf16, byte, mask };

struct BufferSignature {
  llvm::StringLiteral name;
  BufferRole role;
  BufferElement element;
  unsigned shares;  ///< bit i: it may be written over buffer i
  bool nullable;    ///< may be absent
  bool conditional; ///< is absent exactly where the sizes say so
  bool repeated;
};

enum class SizeRule { extent, positive, flag, choice, any };

struct SizeSignature {
  llvm::StringLiteral name;
  SizeRule rule;
  int count;                       ///< of numbers; 0: repeated
  std::optional<int64_t> standard; ///< what a call need not tell
  llvm::StringLiteral enumName;    ///< of a choice
  llvm::ArrayRef<llvm::StringLiteral> cases;
};

/// How a launch tells the type of its data.
enum class TypeRule { untold, maybeFloat, maybeAny, alwaysFloat, alwaysAny };

/// Where kernels come from; sets of them are bits.
enum Library : unsigned { kCpu = 1, kOneDnn = 2, kCuda = 4 };

/// What a launch needs of a buffer.
struct Need {
  Count elements;
  bool there = true; ///< of a conditional buffer
};

struct KernelSignature {
  llvm::StringLiteral name;
  llvm::StringLiteral options; ///< the runtime's struct of what is optional
  llvm::ArrayRef<BufferSignature> buffers, optionalBuffers;
  llvm::ArrayRef<SizeSignature> sizes, optionalSizes;
  llvm::ArrayRef<llvm::StringLiteral> scalars, optionalScalars;
  bool together; ///< all that is optional is there, or none of it
  TypeRule type;
  unsigned libraries;
  bool doubleOnCuda;
  /// Writes what repetition `each` needs of each buffer, optional ones last. Returns null, or the
  /// requirement that the sizes break. `sizes` holds all of them, without the type.
  const char *(*needs)(llvm::ArrayRef<Count> sizes, size_t each, llvm::MutableArrayRef<Need> out);
};

/// The kernel called `name`, or null.
const KernelSignature *findKernelSignature(llvm::StringRef name);
llvm::ArrayRef<KernelSignature> kernelSignatures();

/// The numbers of one call by their place in its signature.
struct KernelNumbers {
  llvm::SmallVector<int64_t> sizes; ///< optional ones too, and without the type
  bool hasOptions = false;          ///< optional sizes and scalars
  bool hasOptionalBuffers = false;
  ElementType type = ElementType::f32;
  size_t repetitions = 0; ///< of the buffer that is repeated
};

/// Takes a call apart whose buffers, without a workspace, are `buffers`; nothing with the reason
/// at `error` if it does not fit the signature.
std::optional<KernelNumbers> readNumbers(const KernelSignature &signature,
                                         llvm::ArrayRef<int64_t> sizes, size_t scalars,
                                         size_t buffers, std::string &error);

} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELSIGNATURE_H
