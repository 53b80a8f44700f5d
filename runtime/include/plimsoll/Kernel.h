//===- Kernel.h - what a kernel is, and how one is launched -----------------===//
//
// Every kernel of the library and every loop nest of an emitted program has one
// signature: it gets a `Launch` (pointers into the arena, sizes, scalars) and
// returns nothing. That is what lets an emitted step read as one line a launch,
// and lets the in-process executor run the same kernels without knowing any of them.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNEL_H
#define PLIMSOLL_KERNEL_H

#include "plimsoll/ElementType.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <type_traits>

namespace plimsoll {

/// What the workspace of a launch and its preparation depend on.
struct LaunchShape {
  const int64_t *sizes; ///< extents and flags, in the order of the kernel's header comment
  int sizeCount;
  int threads;                         ///< fixed when the program was compiled
  ElementType type = ElementType::f32; ///< of the data, where its record in Kernels.td says so
  Precision precision = Precision::stored;
};

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
  ElementType type = ElementType::f32; ///< with the kernel's name and the precision, its key
  Precision precision = Precision::stored;

  template <typename T> T *buffer(int index) const { return static_cast<T *>(buffers[index]); }
  LaunchShape shape() const { return {sizes, sizeCount, threads, type, precision}; }
};

/// A kernel of the library.
struct Kernel {
  const char *name;
  void (*run)(const Launch &);

  /// Returns the bytes of workspace that a launch of this shape needs as its last buffer.
  /// 0: none, and the launch has no such buffer. -1: this kernel cannot run this
  /// shape on this machine. Null: the kernel never needs one.
  int64_t (*workspace)(const LaunchShape &shape) = nullptr;

  /// Called before the first step, once in a process for each distinct (kernel, shape,
  /// workspaceBytes). Returns the handle for `Launch::handle`; on failure returns null and points
  /// `*error` to a static message. `workspaceBytes` is what the plan reserved. Null: nothing to
  /// prepare.
  void *(*prepare)(const LaunchShape &shape, int64_t workspaceBytes, const char **error) = nullptr;

  /// Writes which algorithm the handle runs, if a library offers several whose results differ in
  /// bits: text without ';' and '"' that a checkpoint keeps, or "". Null: there is nothing to
  /// choose.
  void (*choice)(const void *handle, char *text, size_t capacity) = nullptr;
  /// As `prepare`, with the algorithm `choice` that an earlier run recorded. Returns null, and the
  /// reason at `*error`, if the library cannot run that one.
  void *(*prepareAs)(const LaunchShape &shape, int64_t workspaceBytes, const char *choice,
                     const char **error) = nullptr;
};

/// A kernel whose sizes and scalars are given by name, as the struct `Arguments`
/// (KernelArguments.h).
template <typename Arguments> struct KernelOf : Kernel {};

/// Collects the sizes and scalars of a launch in two arrays of the caller, in the order in which
/// `Arguments::tell` adds them, and the type and precision of its kernel.
struct LaunchNumbers {
  int64_t *sizes;
  double *scalars;
  int sizeCount, scalarCount;
  ElementType type = ElementType::f32;
  Precision precision = Precision::stored;

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

} // namespace plimsoll

#endif // PLIMSOLL_KERNEL_H
