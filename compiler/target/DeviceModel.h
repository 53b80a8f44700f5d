//===- DeviceModel.h - how long launches take on a device -------------*- C++ -*-===//
//
// For every kind of launch (a library kernel, or the op of a loop nest) measured points
// of work against seconds; between them the time is interpolated, beyond them it grows
// with the work. `plimsoll calibrate` measures a machine and writes one as JSON; a few
// are built in (compiler/target/devices).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H
#define PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::target {

/// What of a launch its time depends on.
struct LaunchWork {
  std::string kind;   ///< "matmul_onednn", "nn.add"
  bool flops = false; ///< `amount` counts floating-point operations, else bytes moved
  double amount = 0;
};

/// The work of `op` where `kernel` (empty: a loop nest) runs it.
LaunchWork workOf(mlir::Operation *op, llvm::StringRef kernel);

class DeviceModel {
public:
  struct Point {
    double work = 0, seconds = 0;
  };
  /// Points of one kind of launch, work rising.
  struct Kind {
    bool flops = false;
    std::vector<Point> points;
  };

  /// What a process holds of a GPU's memory beside the arena: context, modules, libraries and
  /// graphs, bytes. These are upper limits for a device that tools/gpu-check has not measured.
  struct Overhead {
    int64_t baseBytes = int64_t(640) << 20;
    int64_t launchBytes = int64_t(16) << 10; ///< for each launch of the training step
  };

  std::string device;           ///< for people: the CPU's name
  int threads = 1;              ///< that the points were measured with
  double launchSeconds = 1e-6;  ///< of a launch that does nothing
  double flopsPerSecond = 5e10; ///< of kinds without points
  double bytesPerSecond = 1e10; ///< the same
  std::map<std::string, Kind> kinds;
  std::optional<Overhead> overhead; ///< where it is known

  /// Predicted time of a launch on `threads` threads.
  double seconds(const LaunchWork &work, int threads) const;

  /// Writes the JSON that `parse` reads, a line for each kind of launch.
  void print(llvm::raw_ostream &os) const;
  /// Fails with all that is wrong with the text.
  static llvm::Expected<DeviceModel> parse(llvm::StringRef json);
  /// A built-in model by its name, or that of the file `name`.
  static llvm::Expected<DeviceModel> load(llvm::StringRef name);
  /// Names of the built-in models.
  static std::vector<std::string> builtInNames();
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H
