//===- Choices.h - what libraries chose, for the run that goes on -----------===//
//
// A library may have several algorithms for a launch, each with bits of its own. A kernel tells
// the one that its handle runs as text (Kernel::choice). Checkpoints keep these texts, and a
// resumed run hands them back (Kernel::prepareAs), so that it goes on with the same bits.
//
// As text, one for each kernel and sizes: "matmul[1,64,64,64,0,0,0,0]=cublasLt ...;"
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_CHOICES_H
#define PLIMSOLL_CORE_CHOICES_H

#include "plimsoll/Kernel.h"

#include <map>
#include <string>
#include <vector>

namespace plimsoll {

class Choices {
public:
  /// A record that a library could not follow.
  struct Refusal {
    int launch;
    std::string reason;
  };

  using Sizes = const std::vector<int64_t> &;

  /// What an earlier run chose, of the metadata of the checkpoint `file`. Throws Failure where the
  /// text is damaged.
  void record(const std::string &text, const std::string &file);
  /// What the earlier run chose for these sizes, or null.
  const char *recorded(const Kernel &kernel, Sizes sizes) const;

  void refuse(const Kernel &kernel, Sizes sizes, int launch, const char *reason);
  /// Kernels and sizes refused so far, and the first of them.
  int refused() const { return static_cast<int>(refusals.size()); }
  const Refusal &firstRefusal() const { return first; }

  /// Notes what the handle runs, where its kernel has a choice.
  void note(const Kernel &kernel, Sizes sizes, const void *handle);
  /// All that was noted.
  std::string text() const;

private:
  std::map<std::string, std::string> before, made, refusals;
  Refusal first;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_CHOICES_H
