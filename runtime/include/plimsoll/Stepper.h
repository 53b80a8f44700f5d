//===- Stepper.h - the interface that timelines call for each launch --------===//
//
// An emitted timeline calls a stepper once for each launch, and uses nothing else of the
// runtime. So the same lines can run the launches, or "prepare" them (library primitives created,
// their workspaces checked) by walking through them once without running anything.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_STEPPER_H
#define PLIMSOLL_STEPPER_H

#include "plimsoll/Kernel.h"

/// Of a function that calls a stepper for some launches: it runs once a step, and optimizing it
/// would take most of the time in which a program compiles.
#if defined(__GNUC__) && !defined(__clang__)
#define PLIMSOLL_LAUNCHES __attribute__((noinline, optimize("O1"))) static
#else
#define PLIMSOLL_LAUNCHES static
#endif

namespace plimsoll {

class Stepper {
public:
  std::byte *arena = nullptr;

  /// Address of an arena byte.
  void *at(uint64_t offset) const { return arena + offset; }

  /// Called before the first launch.
  virtual void begin() = 0;

  /// Runs or prepares a launch of a library kernel. `workspaceBytes` is the size of the last buffer
  /// if the kernel has a workspace. The numbers lie on the stack of this call: a step allocates
  /// nothing.
  template <typename Arguments>
  __attribute__((noinline)) void
  run(const KernelOf<Arguments> &kernel, const std::type_identity_t<Arguments> &arguments,
      std::initializer_list<void *> buffers, int64_t workspaceBytes = 0) {
    double scalars[Arguments::mostScalars() + 1];
    LaunchNumbers numbers(
        static_cast<int64_t *>(__builtin_alloca(arguments.mostSizes() * sizeof(int64_t))), scalars);
    arguments.tell(numbers);
    runNumbers(kernel, buffers, numbers, workspaceBytes);
  }

  /// As above, with sizes and scalars as lists in the order of the kernel's header comment.
  void run(const Kernel &kernel, std::initializer_list<void *> buffers,
           std::initializer_list<int64_t> sizes, std::initializer_list<double> scalars = {},
           int64_t workspaceBytes = 0) {
    runNumbers(kernel, buffers,
               {const_cast<int64_t *>(sizes.begin()), const_cast<double *>(scalars.begin()),
                static_cast<int>(sizes.size()), static_cast<int>(scalars.size())},
               workspaceBytes);
  }

  /// Runs a loop nest that was printed into the program: its sizes are literals in its body.
  void run(void (*loop)(const Launch &), std::initializer_list<void *> buffers) {
    runLoop(loop, buffers);
  }

  /// Fills bytes that nothing may read any more with NaN (programs compiled with --poison).
  virtual void poison(uint64_t offset, uint64_t bytes) = 0;

protected:
  ~Stepper() = default;

private:
  virtual void runNumbers(const Kernel &kernel, std::initializer_list<void *> buffers,
                          const LaunchNumbers &numbers, int64_t workspaceBytes) = 0;
  virtual void runLoop(void (*loop)(const Launch &), std::initializer_list<void *> buffers) = 0;
};

} // namespace plimsoll

#endif // PLIMSOLL_STEPPER_H
