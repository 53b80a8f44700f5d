//===- DeviceModel.cpp - how long launches take on a device ----------------------===//
#include "compiler/target/DeviceModel.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/support/OptimizerKinds.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::target;

namespace {
struct BuiltIn {
  const char *name, *json;
};
#include "compiler/target/Devices.inc"
} // namespace

LaunchWork plimsoll::target::workOf(nn::LaunchOp launch, const KernelKey &kernel) {
  LaunchWork work;
  Operation *op = launch.getMainOp();
  work.kind =
      !kernel.name.empty() ? kernel.text() : (op ? op : launch)->getName().getStringRef().str();
  // Of an update whose states are codes, finding the codes takes most of the time.
  if (kernel.type == ElementType::u8 && findUpdateRule(kernel.name))
    work.kind = "update_u8";
  double flops = launch.getFlops(), traffic = launch.getTraffic();
  // Products, convolutions and recurrent layers do tens of operations per byte, other launches
  // about one.
  work.flops =
      isa_and_nonnull<nn::MatmulOp, nn::AttentionOp, nn::AttentionGradOp, nn::ConvOp,
                      nn::ConvGradInputOp, nn::ConvGradWeightOp, nn::ConvTransposeOp, nn::LstmOp,
                      nn::LstmGradOp, nn::GruOp, nn::GruGradOp, nn::RnnOp, nn::RnnGradOp>(op);
  work.amount = work.flops ? flops : traffic;
  work.traffic = traffic;
  return work;
}

/// Returns the seconds for `work` on a curve through points of ascending work.
static double onCurve(ArrayRef<DeviceModel::Point> points, double work) {
  if (work <= points.front().work || points.size() == 1 || work >= points.back().work) {
    const DeviceModel::Point &end = work <= points.front().work ? points.front() : points.back();
    return end.seconds * work / end.work;
  }
  auto above = llvm::find_if(points, [&](const auto &p) { return p.work >= work; });
  const DeviceModel::Point &a = *(above - 1), &b = *above;
  double share = std::log(work / a.work) / std::log(b.work / a.work);
  return std::exp((1 - share) * std::log(a.seconds) + share * std::log(b.seconds));
}

/// Returns the seconds for `work` operations that move `traffic` bytes. The logarithm of the rate
/// is the mean of those of all points, weighted by the fourth power of their distance (Shepard,
/// 1968).
static double nearPoints(ArrayRef<DeviceModel::Point> points, double work, double traffic) {
  double weights = 0, rate = 0;
  for (const DeviceModel::Point &point : points) {
    double byWork = std::log(point.work / work), byTraffic = std::log(point.traffic / traffic);
    double square = byWork * byWork + byTraffic * byTraffic;
    double weight = 1 / (square * square + 1e-9);
    weights += weight;
    rate += weight * std::log(point.work / point.seconds);
  }
  return work / std::exp(rate / weights);
}

double DeviceModel::seconds(const LaunchWork &work, int wanted) const {
  // Threads divide the arithmetic; a few of them saturate memory.
  double scale = work.flops ? double(threads) / std::max(1, wanted) : 1.0;
  auto it = kinds.find(work.kind);
  if (it == kinds.end() || it->second.points.empty() || it->second.flops != work.flops)
    return launchSeconds + scale * work.amount / (work.flops ? flopsPerSecond : bytesPerSecond);
  ArrayRef<Point> points = it->second.points;
  double result = points.front().traffic > 0 && work.traffic > 0
                      ? nearPoints(points, work.amount, work.traffic)
                      : onCurve(points, work.amount);
  return std::max(launchSeconds, scale * result);
}

/// The kind of launch that only moves bytes, for its arithmetic takes no time beside them.
static constexpr StringRef kMoving = "nn.add";

/// True if an op of the same body is the gradient of `op`.
static bool isPartOfGradient(Operation *op) {
  return op->getNumOperands() == 1 &&
         llvm::any_of(op->getOperand(0).getUsers(),
                      [&](Operation *user) { return nn::isGradientOf(user, op); });
}

double DeviceModel::seconds(nn::LaunchOp launch, const KernelKey &kernel, int wanted) const {
  if (!kernel.name.empty())
    return seconds(workOf(launch, kernel), wanted);
  LaunchWork moving{kMoving.str(), false, double(launch.getTraffic())};
  double result = seconds(moving, wanted);
  for (Operation &op : launch.getOps())
    if (!isPartOfGradient(&op))
      result += secondsBeyondMoving(&op, wanted);
  return result;
}

double DeviceModel::secondsBeyondMoving(Operation *op, int wanted) const {
  auto alone = kinds.find(op->getName().getStringRef().str()), moving = kinds.find(kMoving.str());
  if (alone == kinds.end() || moving == kinds.end() || alone->second.points.empty() ||
      moving->second.points.empty())
    return 0;
  double traffic = cast<nn::CostOpInterface>(op).getTraffic();
  // Of the three nearest points the middle one: what disturbed a measurement does not count.
  SmallVector<Point> points(llvm::ArrayRef(alone->second.points));
  llvm::sort(points, [&](const Point &a, const Point &b) {
    return std::abs(std::log(a.work / traffic)) < std::abs(std::log(b.work / traffic));
  });
  points.resize(std::min<size_t>(points.size(), 3));
  std::vector<double> rates;
  for (const Point &point : points)
    rates.push_back((point.seconds - onCurve(moving->second.points, point.work)) / point.work);
  llvm::sort(rates);
  double scale = double(threads) / std::max(1, wanted);
  return scale * std::max(0.0, rates[rates.size() / 2]) * traffic;
}

double DeviceModel::highestFlops(int wanted, llvm::StringRef precision) const {
  double highest = 0;
  for (const auto &[name, kind] : kinds) {
    StringRef suffix = StringRef(name).rsplit('_').second; // of a kernel's key
    bool isNarrow = suffix == "bf16" || suffix == "tf32";
    for (const Point &point : kind.points)
      if (kind.flops && point.seconds > 0 && (!isNarrow || suffix == precision))
        highest = std::max(highest, point.work / point.seconds);
  }
  return (highest > 0 ? highest : flopsPerSecond) * wanted / std::max(1, threads);
}

double DeviceModel::highestBytes() const {
  auto moving = kinds.find(kMoving.str());
  if (moving == kinds.end() || moving->second.points.empty())
    return bytesPerSecond;
  const Point &largest = moving->second.points.back();
  return largest.seconds > 0 ? largest.work / largest.seconds : bytesPerSecond;
}

void DeviceModel::print(llvm::raw_ostream &os) const {
  os << "{\"device\": " << llvm::json::Value(device) << ", \"threads\": " << threads
     << llvm::format(", \"launch_seconds\": %.3g, \"flops_per_second\": %.3g, "
                     "\"bytes_per_second\": %.3g",
                     launchSeconds, flopsPerSecond, bytesPerSecond);
  if (overhead)
    os << ",\n \"overhead\": {\"base_bytes\": " << overhead->baseBytes
       << ", \"launch_bytes\": " << overhead->launchBytes << "}";
  os << ",\n \"kinds\": {";
  const char *separator = "\n  ";
  for (const auto &[name, kind] : kinds) {
    os << separator << llvm::json::Value(name) << ": {\"work\": \""
       << (kind.flops ? "flops" : "bytes") << "\", \"points\": [";
    const char *comma = "";
    for (const Point &point : kind.points) {
      os << comma << llvm::format("[%.3g, %.3g", point.work, point.seconds);
      if (point.traffic > 0)
        os << llvm::format(", %.3g", point.traffic);
      os << "]";
      comma = ", ";
    }
    os << "]}";
    separator = ",\n  ";
  }
  os << "}}\n";
}

/// True if `point` can come behind `before` in a kind's points.
static bool follows(const DeviceModel::Point &point, const DeviceModel::Point &before) {
  if ((point.traffic > 0) != (before.traffic > 0))
    return false;
  return point.work > before.work || (point.traffic > 0 && point.work == before.work);
}

static bool readKind(const llvm::json::Value &value, DeviceModel::Kind &kind) {
  const llvm::json::Object *object = value.getAsObject();
  const llvm::json::Array *points = object ? object->getArray("points") : nullptr;
  std::optional<StringRef> work = object ? object->getString("work") : std::nullopt;
  if (!points || !work || (*work != "flops" && *work != "bytes"))
    return false;
  kind.flops = *work == "flops";
  for (const llvm::json::Value &entry : *points) {
    const llvm::json::Array *numbers = entry.getAsArray();
    if (!numbers || numbers->size() < 2 || numbers->size() > 3)
      return false;
    auto number = [&](size_t i) {
      return i < numbers->size() ? (*numbers)[i].getAsNumber().value_or(0) : 0;
    };
    DeviceModel::Point point{number(0), number(1), number(2)};
    bool valid = point.work > 0 && point.seconds > 0 && (numbers->size() == 2 || point.traffic > 0);
    if (!valid || (!kind.points.empty() && !follows(point, kind.points.back())))
      return false;
    kind.points.push_back(point);
  }
  return true;
}

static bool readOverhead(const llvm::json::Value &value, DeviceModel::Overhead &overhead) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return false;
  overhead.baseBytes = object->getInteger("base_bytes").value_or(-1);
  overhead.launchBytes = object->getInteger("launch_bytes").value_or(-1);
  return overhead.baseBytes >= 0 && overhead.launchBytes >= 0;
}

llvm::Expected<DeviceModel> DeviceModel::parse(StringRef json) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(json);
  if (!value)
    return value.takeError();
  std::string wrong;
  auto complain = [&](const Twine &what) { wrong += (wrong.empty() ? "" : "; ") + what.str(); };
  DeviceModel model;
  const llvm::json::Object *object = value->getAsObject();
  const llvm::json::Object *kinds = object ? object->getObject("kinds") : nullptr;
  if (!kinds)
    return llvm::createStringError("expected an object with 'kinds', as calibrate writes it");
  model.device = object->getString("device").value_or("").str();
  model.threads = static_cast<int>(object->getInteger("threads").value_or(0));
  if (model.threads < 1)
    complain("'threads' is not a positive number");
  for (auto [key, slot] : {std::pair("launch_seconds", &model.launchSeconds),
                           std::pair("flops_per_second", &model.flopsPerSecond),
                           std::pair("bytes_per_second", &model.bytesPerSecond)}) {
    *slot = object->getNumber(key).value_or(0);
    if (!(*slot > 0) || !std::isfinite(*slot))
      complain("'" + Twine(key) + "' is not a positive number");
  }
  if (const llvm::json::Value *overhead = object->get("overhead"))
    if (!readOverhead(*overhead, model.overhead.emplace()))
      complain("'overhead' has no 'base_bytes' and 'launch_bytes' of 0 or more");
  for (const auto &[name, entry] : *kinds)
    if (!readKind(entry, model.kinds[StringRef(name).str()]))
      complain("'" + StringRef(name) +
               "' has no 'work' of flops or bytes, or no 'points' [work, seconds] or [flops, "
               "seconds, bytes] that rise");
  if (!wrong.empty())
    return llvm::createStringError(wrong);
  return model;
}

llvm::Expected<DeviceModel> DeviceModel::load(StringRef name) {
  for (const BuiltIn &builtIn : builtIns)
    if (name == builtIn.name)
      return parse(builtIn.json);
  auto buffer = llvm::MemoryBuffer::getFile(name, /*IsText=*/true);
  if (!buffer) {
    std::string known;
    for (const std::string &each : builtInNames())
      known += (known.empty() ? "" : ", ") + each;
    return llvm::createStringError("'" + name + "' is neither a file (" +
                                   buffer.getError().message() + ") nor a built-in device (" +
                                   known + ")");
  }
  llvm::Expected<DeviceModel> model = parse((*buffer)->getBuffer());
  if (!model)
    return llvm::createStringError("'" + name + "': " + llvm::toString(model.takeError()));
  return model;
}

std::vector<std::string> DeviceModel::builtInNames() {
  std::vector<std::string> names;
  for (const BuiltIn &builtIn : builtIns)
    names.push_back(builtIn.name);
  return names;
}
