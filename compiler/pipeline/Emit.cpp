//===- Emit.cpp - files from a compilation ----------------------------------------===//
#include "compiler/pipeline/Emit.h"
#include "compiler/codegen/HostCompiler.h"
#include "compiler/codegen/InitialWeights.h"
#include "compiler/codegen/ProgramEmitter.h"
#include "compiler/codegen/StepEmitter.h"
#include "compiler/pipeline/Summary.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/exec/KernelSignature.h"
#include "llvm/Support/raw_ostream.h"
#include <filesystem>
#include <fstream>
#include <future>
#include <unistd.h>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
namespace fs = std::filesystem;

static llvm::Error writeFile(const fs::path &path, StringRef text) {
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), text.size());
  file.close();
  return file ? llvm::Error::success()
              : llvm::createStringError("cannot write '" + path.string() + "'");
}

namespace {

/// A folder that is removed with everything in it.
class ScratchFolder {
public:
  explicit ScratchFolder(const fs::path &beside)
      : folder(beside.string() + ".tmp" + std::to_string(getpid())) {
    std::error_code error;
    fs::create_directories(folder, error);
  }
  ~ScratchFolder() {
    std::error_code error;
    fs::remove_all(folder, error);
  }
  const fs::path &path() const { return folder; }

private:
  fs::path folder;
};

class Emitter {
public:
  Emitter(const Compilation &compilation, const CompileOptions &options, Stage stage,
          fs::path output)
      : compilation(compilation), options(options), stage(stage), output(std::move(output)),
        module(compilation.ir()) {}

  llvm::Error run() {
    std::error_code error;
    if (llvm::Error refused = checkOutput())
      return refused;
    if (output.has_parent_path() && !fs::is_directory(output.parent_path(), error))
      return llvm::createStringError("there is no folder '" + output.parent_path().string() + "'");
    ScratchFolder scratch(output);
    if (!fs::is_directory(scratch.path(), error))
      return llvm::createStringError("cannot write beside '" + output.string() + "'");
    if (llvm::Error failed = writeSources(scratch.path()))
      return failed;
    return stage == Stage::Source ? finishSource(scratch.path()) : finishBinary(scratch.path());
  }

  std::vector<codegen::KernelResources> takeKernels() { return std::move(kernels); }

private:
  const target::Machine &machine() const { return *compilation.target; }
  std::string name() const { return output.filename().string(); }

  bool usesOneDnn() {
    bool found = false;
    module.walk([&](exec::CallOp call) {
      const exec::KernelSignature *kernel = exec::findKernelSignature(call.getKernel());
      found |= kernel && kernel->libraries == exec::kOneDnn;
    });
    return found;
  }

  std::string title(const Summary &summary) {
    std::string text = toText(summary);
    return text + "Bytes and bits: arena checked by replay; the same source, flags and threads "
                  "give the same bits.";
  }

  /// Refuses an output that is an existing folder, unless it holds sources that were emitted
  /// before.
  llvm::Error checkOutput() {
    std::error_code error;
    if (output.filename().empty() || output.filename() == "." || output.filename() == "..")
      return llvm::createStringError("'" + output.string() +
                                     "' is no name for what is to be written");
    bool isFolder = fs::is_directory(output, error);
    auto has = [&](StringRef file) { return fs::exists(output / file.str(), error); };
    bool emitted = has("program.cpp") &&
                   (has(codegen::kCppSource.stepFile) || has(codegen::kCudaSource.stepFile));
    if (isFolder && !(stage == Stage::Source && emitted))
      return llvm::createStringError("'" + output.string() +
                                     "' is a folder; choose another name with -o");
    if (!isFolder && stage == Stage::Source && fs::exists(output, error))
      return llvm::createStringError("'" + output.string() +
                                     "' is a file; choose another name with -o");
    return llvm::Error::success();
  }

  llvm::Error writeSources(const fs::path &folder) {
    Summary summary = summarize(compilation, options);
    llvm::json::Object info = toJson(summary);
    info["parameters"] = parameterJson(module);
    std::string infoText;
    llvm::raw_string_ostream(infoText) << llvm::json::Value(std::move(info));
    const codegen::SourceDialect &source = machine().source();
    codegen::ProgramSettings settings{summary.model,   infoText,           machine().name(),
                                      optimizerInfo(), options.accumulate, source.accesses};
    settings.flopsPerSecond =
        machine().device().highestFlops(machine().threads(), options.precision);
    settings.bytesPerSecond = machine().device().highestBytes();
    std::vector<char> constants;
    std::string program = codegen::emitProgram(module, settings, constants);
    if (llvm::Error error = writeFile(folder / source.stepFile.str(),
                                      codegen::emitStep(module, source, title(summary))))
      return error;
    if (llvm::Error error = writeFile(folder / "program.cpp", program))
      return error;
    return writeFile(folder / "constants.bin", StringRef(constants.data(), constants.size()));
  }

  codegen::OptimizerInfo optimizerInfo() {
    const autodiff::OptimizerSettings &optimizer = options.optimizer;
    codegen::OptimizerInfo info{optimizer.kind->name.str(), optimizer.learningRate,
                                optimizer.weightDecay, 0, 0};
    if (optimizer.kind->biasCorrected) {
      info.beta1 = optimizer.numbers.at("beta1");
      info.beta2 = optimizer.numbers.at("beta2");
    }
    return info;
  }

  llvm::Error writeWeights(const fs::path &path) {
    std::string modelFolder = fs::path(options.model.path).parent_path().string();
    if (failed(codegen::writeInitialWeights(module, modelFolder, options.model.init, options.seed,
                                            path.string())))
      return llvm::createStringError("the initial weights were not written");
    return llvm::Error::success();
  }

  /// Moves `from` to its final place and replaces what was there.
  static llvm::Error moveInto(const fs::path &from, const fs::path &to) {
    std::error_code error;
    if (fs::is_directory(to, error)) // libraries or sources of an earlier program
      fs::remove_all(to, error);
    if (!fs::exists(from))
      return llvm::Error::success();
    fs::rename(from, to, error);
    return error ? llvm::createStringError("cannot write '" + to.string() + "': " + error.message())
                 : llvm::Error::success();
  }

  llvm::Error finishBinary(const fs::path &folder) {
    codegen::BuildJob job;
    job.folder = folder.string();
    job.output = (folder / name()).string();
    job.libraryFolder = target::libraryFolder();
    job.includeFolder = target::runtimeSourceFolder() + "/include";
    job.sharedLibrary = stage == Stage::Library;
    job.oneDnn = usesOneDnn();
    // The weights are written while other processes compile.
    auto building =
        std::async(std::launch::async, [&] { return machine().toolchain()->build(job); });
    llvm::Error weights = writeWeights(folder / (name() + ".safetensors"));
    llvm::Expected<std::vector<codegen::KernelResources>> built = building.get();
    if (!built)
      return llvm::joinErrors(built.takeError(), std::move(weights));
    if (weights)
      return weights;
    kernels = std::move(*built);
    if (stage == Stage::Library)
      if (llvm::Error error = writeHeader(job.includeFolder, folder))
        return error;
    if (llvm::Error error =
            moveInto(codegen::librariesOf(job.output), codegen::librariesOf(output.string())))
      return error;
    for (const char *suffix : {".safetensors", ""})
      if (llvm::Error error = moveInto(folder / (name() + suffix), output.string() + suffix))
        return error;
    return llvm::Error::success();
  }

  /// Copies the C interface beside the library, under the library's name.
  llvm::Error writeHeader(const fs::path &includeFolder, const fs::path &scratch) {
    std::error_code error;
    fs::path made = scratch / "train.h", header = output;
    fs::copy_file(includeFolder / "plimsoll" / "train.h", made, error);
    if (error)
      return llvm::createStringError("cannot copy the runtime's header: " + error.message());
    return moveInto(made, header.replace_extension(".h"));
  }

  llvm::Error finishSource(const fs::path &folder) {
    std::error_code error;
    fs::copy(target::runtimeSourceFolder(), folder / "runtime", fs::copy_options::recursive, error);
    if (error)
      return llvm::createStringError("cannot copy the runtime's sources: " + error.message());
    if (llvm::Error failed = writeWeights(folder / "train.safetensors"))
      return failed;
    std::string text = machine().toolchain()->buildFile(usesOneDnn());
    if (llvm::Error failed = writeFile(folder / "CMakeLists.txt", text))
      return failed;
    return moveInto(folder, output);
  }

  const Compilation &compilation;
  const CompileOptions &options;
  Stage stage;
  fs::path output;
  ModuleOp module;
  std::vector<codegen::KernelResources> kernels;
};

} // namespace

llvm::Expected<std::vector<codegen::KernelResources>>
plimsoll::pipeline::emitProgram(const Compilation &compilation, const CompileOptions &options,
                                Stage stage, const std::string &output) {
  Emitter emitter(compilation, options, stage, output);
  if (llvm::Error error = emitter.run())
    return error;
  return emitter.takeKernels();
}
