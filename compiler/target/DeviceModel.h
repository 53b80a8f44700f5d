//===- DeviceModel.h - how long launches take on a device -------------*- C++ -*-===//
//
// Holds measured points of work against seconds for every kind of launch (a library kernel, or the
// op of a loop nest). Between points the time is interpolated, beyond them it grows with the work.
// The rate of a product or convolution depends on its shape too: points of those have the bytes
// that the launch moves, and a launch takes the rate of the points that are nearest in both.
// `plimsoll calibrate` measures a machine and writes a model as JSON; a few are built in
// (compiler/target/devices).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H
#define PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H

#include "dialects/nn/NNDialect.h"
#include "dialects/support/KernelKey.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::target {

/// What the time of a launch depends on.
struct LaunchWork {
  std::string kind;   ///< "matmul_onednn", "nn.add"
  bool flops = false; ///< `amount` counts floating-point operations, else bytes moved
  double amount = 0;
  double traffic = 0; ///< bytes moved
};

/// Returns the work of `launch` if `kernel` (without a name: a loop nest) runs it.
LaunchWork workOf(nn::LaunchOp launch, const KernelKey &kernel);

class DeviceModel {
public:
  struct Point {
    double work = 0, seconds = 0;
    double traffic = 0; ///< bytes moved, where the work is operations; 0: not known
  };
  /// The measured points of one kind of launch, by ascending work. All have their traffic or none.
  struct Kind {
    bool flops = false;
    std::vector<Point> points;
  };

  /// Bytes of a GPU's memory that a process occupies besides the arena: context, modules, libraries
  /// and graphs. The values here are upper limits for a device that tools/gpu-check has not
  /// measured.
  struct Overhead {
    int64_t baseBytes = int64_t(640) << 20;
    int64_t launchBytes = int64_t(16) << 10; ///< for each launch of the training step
  };

  std::string device;           ///< the CPU's name, for reports
  int threads = 1;              ///< that the points were measured with
  double launchSeconds = 1e-6;  ///< of an empty launch
  double flopsPerSecond = 5e10; ///< for kinds without points
  double bytesPerSecond = 1e10; ///< for kinds without points
  std::map<std::string, Kind> kinds;
  std::optional<Overhead> overhead; ///< GPUs only, if known

  /// Returns the predicted seconds of a launch on `threads` threads.
  double seconds(const LaunchWork &work, int threads) const;
  /// Returns the predicted seconds of `launch`, run by `kernel`. A loop nest takes the time of an
  /// addition that moves its bytes, and for each op `secondsBeyondMoving`.
  double seconds(nn::LaunchOp launch, const KernelKey &kernel, int threads) const;
  /// Returns the seconds that the arithmetic of `op` takes in a loop nest on `threads` threads: of
  /// its own bytes, what it takes alone more than an addition, by the median of the three points
  /// that are nearest. An op without points takes none.
  double secondsBeyondMoving(mlir::Operation *op, int threads) const;

  /// Returns the highest measured rate of a product or convolution on `threads` threads, with
  /// factors of f32 or of `precision`.
  double highestFlops(int threads, llvm::StringRef precision) const;
  /// Returns the rate of the largest measured sum of two tensors, which no cache holds.
  double highestBytes() const;

  /// Writes the JSON that `parse` reads, one line for each kind of launch.
  void print(llvm::raw_ostream &os) const;
  /// Parses a model. The error lists all that is wrong with the text.
  static llvm::Expected<DeviceModel> parse(llvm::StringRef json);
  /// Loads a built-in model by its name, or else the file `name`.
  static llvm::Expected<DeviceModel> load(llvm::StringRef name);
  /// Returns the names of the built-in models.
  static std::vector<std::string> builtInNames();
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_DEVICEMODEL_H
