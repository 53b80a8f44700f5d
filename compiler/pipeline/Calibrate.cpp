//===- Calibrate.cpp - measuring a device for the cost model ------------------------===//
//
// This compiler makes the measured programs from small networks, and they run with --profile, so
// that every kind of launch is timed as in a real step: after the launches before it, with the same
// data in the caches.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Calibrate.h"
#include "compiler/pipeline/CalibrationNets.h"
#include "compiler/pipeline/Emit.h"
#include "dialects/nn/Timelines.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
using target::DeviceModel;
using target::LaunchWork;

namespace {

using Samples = std::map<std::string, DeviceModel::Kind>; ///< points are not sorted

/// A new folder in the system's temporary folder, removed with this object.
class TemporaryFolder {
public:
  TemporaryFolder() { error = llvm::sys::fs::createUniqueDirectory("plimsoll-calibrate", path); }
  ~TemporaryFolder() { llvm::sys::fs::remove_directories(path); }
  llvm::SmallString<128> path;
  std::error_code error;
};

class Measurement {
public:
  Measurement(MLIRContext &context, const CompileOptions &options, StringRef folder)
      : context(context), options(options), folder(folder) {
    this->options.model.init = "normal:0.02";
  }

  /// How a network is compiled.
  struct Variant {
    const StateType *state = &stateTypes().front();
    const char *precision = "f32";
    bool fuse = false; ///< several ops can be one launch, as in other programs
  };

  /// Measures the launches of a network.
  llvm::Error measure(const CalibrationNet &net, const Variant &variant, Samples &samples) {
    options.fuseLoops = variant.fuse;
    options.optimizer.state = variant.state;
    options.precision = variant.precision;
    Compilation compilation;
    std::string error;
    compilation.target =
        target::Machine::create(options.target, options.threads, options.precision, "", error);
    if (!compilation.target)
      return llvm::createStringError(error);
    ScopedDiagnosticHandler quiet(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        error += diagnostic.str() + "\n";
      return success();
    });
    compilation.module = parseSourceString<ModuleOp>(net.text, &context);
    std::vector<LaunchWork> launches;
    if (!compilation.module || failed(advance(compilation, Stage::NN, Stage::Plan)))
      return llvm::createStringError("calibration: " + error);
    collectLaunches(*compilation.module, launches);
    if (failed(advance(compilation, Stage::Plan, Stage::Exec)))
      return llvm::createStringError("calibration: " + error);
    llvm::SmallString<128> program(folder);
    llvm::sys::path::append(program, "net");
    auto made = emitProgram(compilation, options, Stage::Binary, program.str().str());
    if (!made)
      return made.takeError();
    llvm::Expected<std::vector<double>> seconds = timeLaunches(program, launches.size());
    if (!seconds)
      return seconds.takeError();
    for (auto [work, least] : llvm::zip(launches, *seconds)) {
      if (!(work.amount > 0) || !(least > 0))
        continue;
      DeviceModel::Kind &kind = samples[work.kind];
      kind.flops = work.flops;
      kind.points.push_back({work.amount, least, work.flops ? work.traffic : 0});
    }
    return llvm::Error::success();
  }

private:
  LogicalResult advance(Compilation &compilation, Stage from, Stage to) {
    PassManager manager(&context);
    addPasses(manager, options, from, to, compilation.target, &compilation.outcome);
    return manager.run(*compilation.module);
  }

  /// Appends the work of each launch of the training timeline, in the order in which they run.
  static void collectLaunches(ModuleOp module, std::vector<LaunchWork> &launches) {
    auto train = nn::firstTimeline(module, nn::TimelineKind::train);
    for (auto launch : train.getBody().front().getOps<nn::LaunchOp>())
      if (auto chosen = launch->getAttrOfType<plan::LaunchAttr>(plan::kLaunchAttr))
        launches.push_back(target::workOf(launch, chosen.getKey()));
  }

  /// Returns the time of each launch: its median over the steps of the run that was disturbed least
  /// by other programs on the machine.
  llvm::Expected<std::vector<double>> timeLaunches(StringRef program, size_t launches) const {
    llvm::SmallString<128> profile(folder);
    llvm::sys::path::append(profile, "profile.json");
    std::vector<double> least(launches, std::numeric_limits<double>::infinity());
    int steps = 9;
    for (double spent = 0, run = 0; run < 5 && spent < 0.5; ++run, steps = 31) {
      if (llvm::Error failed = runProgram(program, profile, steps))
        return failed;
      llvm::Expected<double> step = readProfile(profile, least);
      if (!step)
        return step.takeError();
      spent += *step * steps;
    }
    return least;
  }

  static llvm::Error runProgram(StringRef program, StringRef profile, int steps) {
    std::string message, profileOption = "--profile=" + profile.str();
    // The output is discarded: the losses are of random numbers.
    std::optional<StringRef> redirects[] = {StringRef(""), StringRef(""), StringRef("")};
    int code = llvm::sys::ExecuteAndWait(
        program, {program, "--data=synthetic", "--steps=" + std::to_string(steps), profileOption},
        std::nullopt, redirects,
        /*SecondsToWait=*/300, /*MemoryLimit=*/0, &message);
    if (code != 0)
      return llvm::createStringError("a calibration program failed (exit %d) %s", code,
                                     message.c_str());
    return llvm::Error::success();
  }

  /// Lowers `least` to the launches' times in a profile. Returns the seconds of a step.
  static llvm::Expected<double> readProfile(StringRef path, MutableArrayRef<double> least) {
    auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
    if (!buffer)
      return llvm::createStringError("a calibration program wrote no profile");
    llvm::Expected<llvm::json::Value> value = llvm::json::parse((*buffer)->getBuffer());
    if (!value)
      return value.takeError();
    const llvm::json::Array *rows = value->getAsObject()->getArray("launches");
    if (!rows || rows->size() != least.size())
      return llvm::createStringError("a calibration program ran other launches than planned");
    for (auto [row, seconds] : llvm::zip(*rows, least))
      seconds = std::min(seconds, row.getAsObject()->getNumber("seconds").value_or(seconds));
    return value->getAsObject()->getNumber("step_seconds").value_or(0);
  }

  MLIRContext &context;
  CompileOptions options;
  StringRef folder;
};

} // namespace

/// Merges points of about the same operations and bytes to one with their mean rate; sorts them.
static void mergeNear(std::vector<DeviceModel::Point> &points) {
  llvm::sort(points, [](const auto &a, const auto &b) {
    return std::pair(a.work, a.traffic) < std::pair(b.work, b.traffic);
  });
  std::vector<DeviceModel::Point> merged;
  std::vector<std::pair<double, int>> rates; // sums of logarithms
  for (const DeviceModel::Point &point : points) {
    auto near = [&](const DeviceModel::Point &other) {
      double byTraffic = std::abs(std::log(point.traffic / other.traffic));
      return std::max(std::log(point.work / other.work), byTraffic) < std::log(1.15);
    };
    size_t at = llvm::find_if(merged, near) - merged.begin();
    if (at == merged.size()) {
      merged.push_back(point);
      rates.emplace_back(0, 0);
    }
    rates[at].first += std::log(point.work / point.seconds);
    ++rates[at].second;
  }
  for (auto [point, rate] : llvm::zip(merged, rates))
    point.seconds = point.work / std::exp(rate.first / rate.second);
  points = std::move(merged);
}

/// Sorts the points, merges those of about the same work, then merges neighbours until more work
/// always takes more time.
static void mergeRising(std::vector<DeviceModel::Point> &points) {
  llvm::sort(points, [](const auto &a, const auto &b) { return a.work < b.work; });
  struct Group {
    double work, seconds, first; // `work`, `seconds`: sums of logarithms; `first`: least work
    int count;
  };
  std::vector<Group> groups;
  for (const DeviceModel::Point &point : points) {
    if (groups.empty() || point.work > 1.25 * groups.back().first)
      groups.push_back({0, 0, point.work, 0});
    Group &group = groups.back();
    group.work += std::log(point.work);
    group.seconds += std::log(point.seconds);
    ++group.count;
  }
  std::vector<Group> rising;
  for (Group group : groups) {
    for (; !rising.empty() &&
           rising.back().seconds / rising.back().count >= group.seconds / group.count;
         rising.pop_back()) {
      group.work += rising.back().work;
      group.seconds += rising.back().seconds;
      group.count += rising.back().count;
    }
    rising.push_back(group);
  }
  points.clear();
  for (const Group &group : rising)
    points.push_back({std::exp(group.work / group.count), std::exp(group.seconds / group.count)});
}

static std::string cpuName() {
  auto buffer = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo");
  StringRef text = buffer ? (*buffer)->getBuffer() : "";
  size_t at = text.find("model name");
  if (at == StringRef::npos)
    return "unknown CPU";
  return text.substr(at).split(':').second.split('\n').first.trim().str();
}

/// Returns the rate for kinds that were not measured: the median over the largest points of each
/// kind.
static double medianRate(const Samples &samples, bool flops) {
  std::vector<double> rates;
  for (const auto &[name, kind] : samples)
    if (kind.flops == flops)
      rates.push_back(kind.points.back().work / kind.points.back().seconds);
  llvm::sort(rates);
  return rates.empty() ? 1e10 : rates[rates.size() / 2];
}

llvm::Expected<DeviceModel>
plimsoll::pipeline::calibrate(MLIRContext &context, const CompileOptions &options,
                              llvm::function_ref<void(const llvm::Twine &)> progress) {
  TemporaryFolder folder;
  if (folder.error)
    return llvm::createStringError("cannot make a temporary folder: " + folder.error.message());
  Measurement measurement(context, options, folder.path);
  DeviceModel model;
  Samples samples, further;
  for (const CalibrationNet &net : calibrationNets()) {
    progress("measuring " + net.name);
    if (llvm::Error error = measurement.measure(net, {}, samples))
      return error;
    if (!net.merges)
      continue;
    std::vector<Measurement::Variant> variants = {{.precision = "bf16"}, {.fuse = true}};
    for (const StateType &state : stateTypes())
      if (!state.isExact())
        variants.push_back({.state = &state});
    for (const Measurement::Variant &variant : variants)
      if (llvm::Error error = measurement.measure(net, variant, further))
        return error;
  }
  // Kernels that only fusion calls, those of narrow factors and states; loop nests consist of ops.
  for (auto &[name, kind] : further)
    if (!StringRef(name).starts_with("nn."))
      samples.try_emplace(name, std::move(kind));
  model.device = cpuName();
  model.threads = options.threads;
  double least = 1e-3;
  for (auto &[name, kind] : samples) {
    kind.flops ? mergeNear(kind.points) : mergeRising(kind.points);
    for (const DeviceModel::Point &point : kind.points)
      least = std::min(least, point.seconds);
  }
  model.launchSeconds = least;
  model.flopsPerSecond = medianRate(samples, true);
  model.bytesPerSecond = medianRate(samples, false);
  model.kinds = std::move(samples);
  return model;
}
