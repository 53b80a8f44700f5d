//===- InitialWeights.cpp - the safetensors file beside a program ---------------===//
#include "compiler/codegen/InitialWeights.h"
#include "compiler/codegen/CppText.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Stored.h"
#include "dialects/plan/PlanDialect.h"
#include "dialects/support/ElementType.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace plimsoll;

namespace {

/// Random numbers from a counter, independent of what was drawn before (splitmix64, Steele 2014).
class Draws {
public:
  Draws(uint64_t seed, uint64_t stream) : state(mix(seed) ^ mix(stream * 0x9e3779b97f4a7c15u)) {}

  /// Returns the draws behind the next `count` uniform numbers.
  Draws after(uint64_t count) const {
    Draws later = *this;
    later.state += count * 0x9e3779b97f4a7c15u;
    return later;
  }

  /// Returns a number in [0, 1).
  double uniform() { return (mix(state += 0x9e3779b97f4a7c15u) >> 11) * 0x1p-53; }

  /// Returns two independent standard normal numbers (Box and Muller 1958).
  std::pair<double, double> normals() {
    double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    double angle = 2.0 * std::numbers::pi * uniform();
    return {radius * std::cos(angle), radius * std::sin(angle)};
  }

private:
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  uint64_t state;
};

/// How many numbers a thread draws between two writes.
constexpr int64_t kDrawnNumbers = 1 << 16;

class WeightsWriter {
public:
  WeightsWriter(ModuleOp module, StringRef folder, StringRef init, uint64_t seed)
      : module(module), folder(folder), seed(seed) {
    auto [kind, value] = init.split(':');
    draw = kind == "normal";
    if (draw)
      (void)!value.getAsDouble(deviation);
  }

  LogicalResult write(const std::string &path) {
    std::error_code error;
    llvm::raw_fd_ostream os(path, error);
    if (error)
      return module.emitError("cannot write '") << path << "': " << error.message();
    writeHeader(os);
    uint64_t number = 0;
    LogicalResult result = success();
    for (nn::ParameterOp parameter : parameters())
      if (failed(writeTensor(os, parameter, number++))) {
        result = failure();
        break;
      }
    os.close();
    if (os.has_error()) {
      result = module.emitError("cannot write '") << path << "': " << os.error().message();
      os.clear_error();
    }
    if (failed(result))
      llvm::sys::fs::remove(path);
    return result;
  }

private:
  SmallVector<nn::ParameterOp> parameters() {
    SmallVector<nn::ParameterOp> result;
    for (auto parameter : module.getOps<nn::ParameterOp>())
      if (parameter->hasAttr(plan::kPlaceAttr))
        result.push_back(parameter);
    return result;
  }

  void writeHeader(llvm::raw_ostream &os) {
    llvm::json::Object header;
    int64_t offset = 0;
    for (nn::ParameterOp parameter : parameters()) {
      RankedTensorType type = parameter.getTensorType();
      int64_t bytes = nn::tensorBytes(type);
      StringRef dtype = safetensorsType(*elementTypeOf(type.getElementType()));
      header[parameter.getSymName()] =
          llvm::json::Object{{"dtype", dtype},
                             {"shape", llvm::json::Array(parameter.getFrameworkShape())},
                             {"data_offsets", llvm::json::Array{offset, offset + bytes}}};
      offset += bytes;
    }
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(std::move(header));
    text.resize((text.size() + 7) / 8 * 8, ' ');
    uint64_t size = text.size();
    os.write(reinterpret_cast<const char *>(&size), sizeof size);
    os << text;
  }

  LogicalResult writeTensor(llvm::raw_ostream &os, nn::ParameterOp parameter, uint64_t number) {
    if (draw && !parameter->hasAttr(nn::kTeacherAttr))
      return writeDrawn(os, parameter, number);
    nn::BytesAttr source = parameter.getSourceAttr();
    // The exporter left a bias of zeros or a gain of ones out of the file.
    if (!source && parameter.getRole() != "matrix")
      return writeDrawn(os, parameter, number);
    if (!source)
      return module.emitError("parameter '")
             << parameter.getSymName()
             << "' has no initial values; draw them with --init=normal:0.02";
    SmallString<128> path(folder);
    llvm::sys::path::append(path, source.getFile());
    auto buffer = llvm::MemoryBuffer::getFileSlice(path, source.getSize(), source.getOffset());
    if (!buffer)
      return module.emitError("cannot read '") << path << "': " << buffer.getError().message();
    StringRef bytes = (*buffer)->getBuffer();
    if (int64_t(bytes.size()) != source.getSize())
      return module.emitError("'")
             << path << "' ends inside parameter '" << parameter.getSymName() << "'";
    std::string numbers;
    if (nn::isStoredOtherwise(parameter))
      bytes = numbers = nn::numbersOf(parameter, bytes, nn::storedElementType(parameter),
                                      parameter.getTensorType().getElementType());
    if (parameter.getTransposed())
      writeTransposed(os, bytes, parameter.getTensorType());
    else
      os << bytes;
    return success();
  }

  static void writeTransposed(llvm::raw_ostream &os, StringRef bytes, RankedTensorType type) {
    int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
    size_t element = nn::elementBytes(type.getElementType());
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t row = 0; row < rows; ++row)
        os << bytes.substr((row * columns + column) * element, element);
  }

  LogicalResult writeDrawn(llvm::raw_ostream &os, nn::ParameterOp parameter, uint64_t number) {
    codegen::drawInitialValues(os, parameter, deviation, seed, number);
    return success();
  }

  ModuleOp module;
  StringRef folder;
  uint64_t seed;
  bool draw = false;
  double deviation = 0.02;
};

} // namespace

/// Fills `numbers` with the next initial values of a parameter with the role `role`.
static void draw(Draws &draws, StringRef role, double scale, MutableArrayRef<double> numbers) {
  if (role == "gain" || role == "bias")
    return llvm::fill(numbers, role == "gain" ? 1.0 : 0.0);
  if (role == "uniform") {
    for (double &number : numbers)
      number = scale * (2.0 * draws.uniform() - 1.0);
    return;
  }
  for (size_t i = 0; i < numbers.size(); i += 2) {
    auto [first, second] = draws.normals();
    numbers[i] = scale * first;
    numbers[i + 1] = scale * second;
  }
}

void plimsoll::codegen::drawInitialValues(llvm::raw_ostream &os, nn::ParameterOp parameter,
                                          double deviation, uint64_t seed, uint64_t number) {
  RankedTensorType type = parameter.getTensorType();
  StringRef role = parameter.getRole();
  double scale = role == "uniform" ? 1.0 / std::sqrt(double(type.getShape().back())) : deviation;
  const Draws draws(seed, number);
  const int64_t count = type.getNumElements(),
                threads = llvm::hardware_concurrency().compute_thread_count();
  std::vector<std::vector<double>> drawn(threads);
  for (int64_t first = 0; first < count; first += threads * kDrawnNumbers) {
    // A number takes one draw, two of a pair take two: the last may be drawn for nothing.
    auto drawPart = [&](int64_t thread) {
      int64_t begin = first + thread * kDrawnNumbers;
      int64_t size = std::clamp<int64_t>(count - begin, 0, kDrawnNumbers);
      drawn[thread].resize((size + 1) / 2 * 2);
      Draws own = draws.after(begin);
      draw(own, role, scale, drawn[thread]);
      drawn[thread].resize(size);
    };
    llvm::parallelFor(0, threads, drawPart);
    for (const std::vector<double> &numbers : drawn)
      if (type.getElementType().isF64()) {
        os.write(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(double));
      } else {
        std::vector<float> singles(numbers.begin(), numbers.end());
        os.write(reinterpret_cast<const char *>(singles.data()), singles.size() * sizeof(float));
      }
  }
}

LogicalResult plimsoll::codegen::writeInitialWeights(ModuleOp module, StringRef modelFolder,
                                                     StringRef init, uint64_t seed,
                                                     const std::string &path) {
  return WeightsWriter(module, modelFolder, init, seed).write(path);
}
