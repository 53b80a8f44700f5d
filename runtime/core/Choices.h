//===- Choices.h - the algorithms that libraries chose, for a resumed run ---===//
//
// A library may have several algorithms for a launch whose results differ in bits. A kernel
// describes the one that its handle runs as text (Kernel::choice). Checkpoints keep these texts,
// and a resumed run hands them back (Kernel::prepareAs), so that its results have the same bits.
//
// The text has one entry for each kernel, type and sizes:
// "matmul_bf16[1,64,64,64,0,0,0,0]=cublasLt ...;"
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_CHOICES_H
#define PLIMSOLL_CORE_CHOICES_H

#include "plimsoll/Kernel.h"

#include <map>
#include <string>

namespace plimsoll {

class Choices {
public:
  /// A recorded choice that a library could not follow.
  struct Refusal {
    int launch;
    std::string reason;
  };

  /// Reads the choices of an earlier run from `text`, metadata of the checkpoint `file`. Throws
  /// Failure if the text is damaged.
  void record(const std::string &text, const std::string &file);
  /// Returns what the earlier run chose for this shape, or null.
  const char *recorded(const Kernel &kernel, const LaunchShape &shape) const;

  /// Notes that the library cannot follow the recorded choice.
  void refuse(const Kernel &kernel, const LaunchShape &shape, int launch, const char *reason);
  /// How many pairs of kernel and shape were refused so far, and the first of them.
  int refused() const { return static_cast<int>(refusals.size()); }
  const Refusal &firstRefusal() const { return first; }

  /// Notes the algorithm that `handle` runs, if the kernel has a choice.
  void note(const Kernel &kernel, const LaunchShape &shape, const void *handle);
  /// Returns all noted choices as text.
  std::string text() const;

private:
  std::map<std::string, std::string> before, made, refusals;
  Refusal first;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_CHOICES_H
