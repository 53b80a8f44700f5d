//===- KernelSignature.h - buffers, sizes and scalars of kernels ---*- C++ -*-===//
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

/// A number of elements, bytes or steps. Results that overflow, and divisions by zero, saturate.
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
enum class BufferElement { data, total, f32, f64, i64, byte, mask };

struct BufferSignature {
  llvm::StringLiteral name;
  BufferRole role;
  BufferElement element;
  unsigned shares;  ///< bit i: may be written over buffer i
  bool nullable;    ///< may be absent
  bool conditional; ///< its sizes decide whether it is absent
  bool repeated;
  std::optional<ElementType> type; ///< if set: present only in calls with this type of data

  bool existsFor(ElementType dataType) const { return !type || *type == dataType; }
};

enum class SizeRule { extent, positive, flag, choice, any };

struct SizeSignature {
  llvm::StringLiteral name;
  SizeRule rule;
  int count;                       ///< how many numbers; 0: repeated
  std::optional<int64_t> standard; ///< the value if a call leaves it out
  llvm::StringLiteral enumName;    ///< the enum, if the rule is choice
  llvm::ArrayRef<llvm::StringLiteral> cases;
};

/// Libraries that kernels come from, as bits.
enum Library : unsigned { kCpu = 1, kOneDnn = 2, kCuda = 4 };

template <typename Enum> constexpr unsigned bitOf(Enum value) {
  return 1u << static_cast<unsigned>(value);
}

/// The elements that a launch touches in a buffer.
struct Need {
  Count elements;
  bool there = true; ///< false if a conditional buffer must be absent
};

struct KernelSignature {
  llvm::StringLiteral name;
  llvm::StringLiteral options; ///< the runtime's struct of the optional parts
  llvm::ArrayRef<BufferSignature> buffers, optionalBuffers;
  llvm::ArrayRef<SizeSignature> sizes, optionalSizes;
  llvm::ArrayRef<llvm::StringLiteral> scalars, optionalScalars;
  bool together; ///< the optional parts are all present, or all absent
  unsigned libraries;
  unsigned types, cudaTypes; ///< of data, as bits of ElementType; CUDA's library has its own list
  unsigned cudaPrecisions;   ///< besides `stored`, as bits of Precision
  /// Sets `out` to the elements that repetition `each` touches in each buffer, optional buffers
  /// last. Returns null, or the text of the requirement that the sizes break. `sizes` holds all
  /// sizes.
  const char *(*needs)(llvm::ArrayRef<Count> sizes, size_t each, llvm::MutableArrayRef<Need> out);

  /// True if one of the libraries `origins`, bits of Library, has such a kernel.
  bool existsIn(unsigned origins, ElementType type, Precision precision) const;
};

/// Returns the signature of the kernels called `name`, or null.
const KernelSignature *findKernelSignature(llvm::StringRef name);
llvm::ArrayRef<KernelSignature> kernelSignatures();

/// The numbers of one call, assigned to its signature.
struct KernelNumbers {
  llvm::SmallVector<int64_t> sizes; ///< with optional ones
  bool hasOptions = false;          ///< optional sizes and scalars are present
  bool hasOptionalBuffers = false;
  size_t repetitions = 0; ///< of the repeated buffers
};

/// Assigns the numbers of a call on data of `type` to its signature. `buffers` is the number of its
/// buffers without a workspace, `scalars` that of its scalars. Returns nothing and sets `error` to
/// the reason if they do not fit.
std::optional<KernelNumbers> readNumbers(const KernelSignature &signature, ElementType type,
                                         llvm::ArrayRef<int64_t> sizes, size_t scalars,
                                         size_t buffers, std::string &error);

} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELSIGNATURE_H
