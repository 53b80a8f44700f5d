//===- Executor.cpp - runs programs inside the compiler's process -------------------===//
#include "compiler/executor/Executor.h"
#include "compiler/codegen/ConstantBytes.h"
#include "compiler/codegen/InitialWeights.h"
#include "compiler/executor/LoopInterpreter.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Stored.h"
#include "dialects/plan/PlanDialect.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::executor;

Arena::Arena(int64_t bytes) : bytes(bytes), storage(bytes + 2 * kGuard) {}

static bool isInside(exec::SliceOp slice, const Arena &arena) {
  return int64_t(slice.getOffset()) >= 0 && slice.getEnd() <= arena.size();
}

/// Returns a function that calls a library kernel; it owns everything that the call's Launch points
/// to. Fails if the library lacks the kernel.
static llvm::Expected<std::function<void()>>
makeCall(exec::CallOp call, int threads, const target::KernelLibrary &kernels, Arena &arena) {
  const Kernel *kernel = kernels.find(call.getKernel().str().c_str());
  if (!kernel)
    return llvm::createStringError("the library has no kernel '" + call.getKernel() + "'");
  struct Arguments {
    std::vector<void *> buffers;
    std::vector<int64_t> sizes;
    std::vector<double> scalars;
  };
  auto arguments = std::make_shared<Arguments>();
  for (int64_t buffer : call.getBuffers()) {
    if (buffer == exec::CallOp::kAbsent) {
      arguments->buffers.push_back(nullptr);
      continue;
    }
    Value value = buffer >= 0 ? call.getReads()[buffer] : call.getWrites()[-1 - buffer];
    arguments->buffers.push_back(arena.data() + exec::sliceOf(value).getOffset());
  }
  arguments->sizes = std::vector<int64_t>(call.getSizes());
  arguments->scalars = std::vector<double>(call.getScalars());
  KernelKey key = call.getKey();
  LaunchShape shape = {arguments->sizes.data(), int(arguments->sizes.size()), threads, key.type,
                       key.precision};
  void *handle = nullptr;
  if (kernel->prepare) {
    int64_t workspace = call.getWorkspace()
                            ? cast<exec::SliceType>(call.getWrites().back().getType()).getBytes()
                            : 0;
    const char *error = nullptr;
    handle = kernel->prepare(shape, workspace, &error);
    if (!handle)
      return llvm::createStringError(call.getKernel() + ": " +
                                     (error ? error : "cannot be prepared"));
  }
  return [kernel, arguments, handle, shape] {
    kernel->run(Launch{arguments->buffers.data(), int(arguments->buffers.size()), shape.sizes,
                       shape.sizeCount, arguments->scalars.data(), int(arguments->scalars.size()),
                       shape.threads, handle, /*stream=*/nullptr, shape.type, shape.precision});
  };
}

static std::function<void()> makeLoop(exec::LoopOp loop, Arena &arena) {
  std::vector<void *> buffers;
  for (Value value : loop.getOperands())
    buffers.push_back(arena.data() + exec::sliceOf(value).getOffset());
  return [buffers, run = interpretLoop(loop)] { run(buffers.data()); };
}

llvm::Expected<Program> Program::create(exec::ProgramOp program,
                                        const target::KernelLibrary &kernels, Arena &arena) {
  Program result;
  for (auto slice : program.getBody().front().getOps<exec::SliceOp>())
    if (!isInside(slice, arena))
      return llvm::createStringError("'" + slice.getName() + "' lies outside the arena");
  for (auto poison : program.getBody().front().getOps<exec::PoisonOp>())
    if (int64_t(poison.getOffset()) < 0 ||
        int64_t(poison.getOffset() + poison.getBytes()) > arena.size())
      return llvm::createStringError("poison lies outside the arena");
  for (Operation &op : program.getBody().front()) {
    if (auto poison = dyn_cast<exec::PoisonOp>(op)) {
      std::byte *begin = arena.data() + poison.getOffset();
      size_t bytes = poison.getBytes();
      result.launches.push_back([begin, bytes] { std::memset(begin, 0xff, bytes); });
    } else if (auto loop = dyn_cast<exec::LoopOp>(op)) {
      result.launches.push_back(makeLoop(loop, arena));
    } else if (auto call = dyn_cast<exec::CallOp>(op)) {
      auto launch = makeCall(call, program.getThreads(), kernels, arena);
      if (!launch)
        return launch.takeError();
      result.launches.push_back(std::move(*launch));
    }
  }
  return result;
}

void Program::run() {
  for (auto &launch : launches)
    launch();
}

// Initial content -----------------------------------------------------------

/// Sets the initial values of a parameter without a source: matrices and biases are zero.
static void drawParameter(nn::ParameterOp parameter, std::byte *place) {
  int64_t bytes = nn::tensorBytes(parameter.getType());
  std::memset(place, 0, bytes);
  if (parameter.getRole() != "uniform" && parameter.getRole() != "gain")
    return;
  std::string drawn;
  llvm::raw_string_ostream os(drawn);
  codegen::drawInitialValues(os, parameter, 0.0, 0, 0);
  std::memcpy(place, drawn.data(), bytes);
}

/// Sets the initial values of a parameter. One that nn-widen made f64 starts with the f32 numbers
/// of the file.
static llvm::Error initialiseParameter(nn::ParameterOp parameter, StringRef folder,
                                       std::byte *place) {
  auto single = parameter->getAttrOfType<nn::BytesAttr>(nn::kSingleSourceAttr);
  nn::BytesAttr source = single ? single : parameter.getSourceAttr();
  if (!source) {
    drawParameter(parameter, place);
    return llvm::Error::success();
  }
  SmallString<128> path(folder);
  llvm::sys::path::append(path, source.getFile());
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, source.getSize(), source.getOffset());
  Type own = parameter.getTensorType().getElementType(), stored = nn::storedElementType(parameter);
  if (single && !parameter->hasAttr(nn::kStoredAttr))
    stored = Float32Type::get(parameter.getContext());
  int64_t bytes = parameter.getTensorType().getNumElements() * nn::elementBytes(own);
  std::string numbers = buffer ? nn::numbersOf(parameter, (*buffer)->getBuffer(), stored, own) : "";
  if (int64_t(numbers.size()) != bytes)
    return llvm::createStringError("cannot read parameter '" + parameter.getSymName() + "'");
  std::memcpy(place, numbers.data(), numbers.size());
  return llvm::Error::success();
}

llvm::Error plimsoll::executor::initialise(ModuleOp module, StringRef modelFolder, Arena &arena) {
  for (Operation &op : module.getOps()) {
    auto place = op.getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr);
    if (!place)
      continue;
    if (isa<nn::StateOp>(op))
      std::memset(arena.data() + place.getOffset(), 0, place.getBytes());
    if (auto parameter = dyn_cast<nn::ParameterOp>(op))
      if (llvm::Error error =
              initialiseParameter(parameter, modelFolder, arena.data() + place.getOffset()))
        return error;
  }
  module.walk([&](exec::SliceOp slice) {
    DenseElementsAttr value = slice.getValueAttr();
    if (!value || !isInside(slice, arena))
      return;
    std::vector<char> bytes = codegen::constantBytes(value);
    std::memcpy(arena.data() + slice.getOffset(), bytes.data(), bytes.size());
  });
  return llvm::Error::success();
}
