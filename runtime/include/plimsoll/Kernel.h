//===- Kernel.h - what a kernel is, and how one is launched -----------------===//
//
// Every kernel of the library and every loop nest of an emitted program has one
// signature: it gets a `Launch` (pointers into the arena, sizes, scalars) and
// returns nothing. That is what lets an emitted step read as one line a launch,
// lets the in-process executor run the same kernels without knowing any of them,
// and lets a step be "prepared" (library primitives created, their workspaces
// checked) by walking through it once without running anything.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNEL_H
#define PLIMSOLL_KERNEL_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <type_traits>

namespace plimsoll {

/// The arguments of one launch. Nothing here is owned; no member outlives the call.
struct Launch {
  void *const
      *buffers; ///< operands in the order that the kernel's header comment gives; null: absent
  int bufferCount;
  const int64_t *sizes; ///< extents and flags, in the order of the kernel's header comment
  int sizeCount;
  const double *scalars; ///< real-valued attributes (epsilon, scale)
  int scalarCount;
  int threads;            ///< fixed when the program was compiled
  void *handle;           ///< what `Kernel::prepare` returned, null for kernels without one
  void *stream = nullptr; ///< a GPU's stream, on which the launch runs; null on a CPU

  template <typename T> T *buffer(int index) const { return static_cast<T *>(buffers[index]); }
};

/// The element type of a launch, passed to the kernel as one of its sizes. bool is passed as u8.
enum class ElementType : int64_t { f32, f64, i32, i64, u8 };

/// A kernel of the library.
struct Kernel {
  const char *name;
  void (*run)(const Launch &);

  /// Returns the bytes of workspace that a launch with these sizes needs as its last buffer.
  /// 0: none, and the launch has no such buffer. -1: this kernel cannot run these
  /// sizes on this machine. Null: the kernel never needs one.
  int64_t (*workspace)(const int64_t *sizes, int sizeCount, int threads) = nullptr;

  /// Called before the first step, once in a process for each distinct (kernel, sizes, threads,
  /// workspaceBytes). Returns the handle for `Launch::handle`; on failure returns null and points
  /// `*error` to a static message. `workspaceBytes` is what the plan reserved. Null: nothing to
  /// prepare.
  void *(*prepare)(const int64_t *sizes, int sizeCount, int threads, int64_t workspaceBytes,
                   const char **error) = nullptr;

  /// Writes which algorithm the handle runs, if a library offers several whose results differ in
  /// bits: text without ';' and '"' that a checkpoint keeps, or "". Null: there is nothing to
  /// choose.
  void (*choice)(const void *handle, char *text, size_t capacity) = nullptr;
  /// As `prepare`, with the algorithm `choice` that an earlier run recorded. Returns null, and the
  /// reason at `*error`, if the library cannot run that one.
  void *(*prepareAs)(const int64_t *sizes, int sizeCount, int threads, int64_t workspaceBytes,
                     const char *choice, const char **error) = nullptr;

  /// Runs `count` consecutive launches of this kernel as one; none of them reads what another
  /// writes. Null: launches run one by one.
  void (*runMany)(const Launch *launches, int count) = nullptr;
};

/// A kernel whose sizes and scalars are given by name, as the struct `Arguments`
/// (KernelArguments.h).
template <typename Arguments> struct KernelOf : Kernel {};

/// Collects the sizes and scalars of a launch in two arrays of the caller, in the order in which
/// `Arguments::tell` adds them.
struct LaunchNumbers {
  int64_t *sizes;
  double *scalars;
  int sizeCount, scalarCount;

  LaunchNumbers(int64_t *sizes, double *scalars, int sizeCount = 0, int scalarCount = 0)
      : sizes(sizes), scalars(scalars), sizeCount(sizeCount), scalarCount(scalarCount) {}

  template <typename... Values> void addSizes(const Values &...values) { (addSize(values), ...); }
  template <typename... Values> void addScalars(Values... values) {
    ((scalars[scalarCount++] = values), ...);
  }

private:
  template <typename T> void addSize(const T &value) {
    if constexpr (requires { std::begin(value); }) // an array (a window's sizes) or a list
      for (int64_t each : value)
        sizes[sizeCount++] = each;
    else
      sizes[sizeCount++] = static_cast<int64_t>(value);
  }
};

/// The kernel called `name` in this library, or null.
const Kernel *findKernel(const char *name);

/// Work that a device does before and after launches. Not every device has hooks.
class LaunchHooks {
public:
  /// Called around launches [first, last], which run as one; mostly first == last.
  virtual void before(int /*first*/, int /*last*/) {}
  virtual void after(int /*last*/) {}
  /// Sets bytes of the arena to `value`, after the launches so far and before the next ones.
  virtual void fill(void *bytes, int value, uint64_t count) = 0;

protected:
  ~LaunchHooks() = default;
};

/// The algorithms that libraries chose (core/Choices.h).
class Choices;
class LaunchQueue;

/// Walks through the launches of a timeline. `run` either prepares the launch or runs it;
/// `observer` (null in normal operation) is called after each launch that ran.
class Stepper {
public:
  using Observer = void (*)(void *context, int launch);

  std::byte *arena = nullptr;
  int threads = 1;
  void **handles = nullptr; ///< one per launch of this timeline
  void *stream = nullptr;
  LaunchHooks *hooks = nullptr; ///< null: launches run at once, in the memory of the process
  LaunchQueue *queue = nullptr; ///< holds back launches that may run as one; null: none may
  bool preparing = false;
  Choices *choices = nullptr;  ///< while preparing
  const char *error = nullptr; ///< first error while preparing
  int errorLaunch = -1;
  Observer observer = nullptr;
  void *observerContext = nullptr;

  /// Address of an arena byte.
  void *at(uint64_t offset) const { return arena + offset; }

  void begin() { launch = 0; }

  /// Called after the last launch: runs what is still in the queue.
  void end() { runQueue(); }

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
           int64_t workspaceBytes = 0);

  /// Runs a loop nest that was printed into the program: its sizes are literals in its body.
  void run(void (*loop)(const Launch &), std::initializer_list<void *> buffers);

  /// Fills bytes that nothing may read any more with NaN (programs compiled with --poison).
  void poison(uint64_t offset, uint64_t bytes);

private:
  int launch = 0;
  void runNumbers(const Kernel &kernel, std::initializer_list<void *> buffers,
                  const LaunchNumbers &numbers, int64_t workspaceBytes);
  void *prepared(const Kernel &kernel, const LaunchNumbers &numbers, int64_t workspaceBytes,
                 const char **message);
  void start() {
    if (hooks)
      hooks->before(launch, launch);
  }
  void runQueue();
  void finish() {
    if (hooks)
      hooks->after(launch);
    if (observer)
      observer(observerContext, launch);
    ++launch;
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_KERNEL_H
