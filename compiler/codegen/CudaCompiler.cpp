//===- CudaCompiler.cpp - from emitted CUDA to an executable ----------------------===//
//
// For a GPU by nvcc, for the emulator by the host compiler alone: step.cu becomes an object, which
// the host compiler links with program.cpp and the runtime.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/CudaCompiler.h"
#include "compiler/codegen/BuildFiles.h"
#include "compiler/codegen/HostCompiler.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace plimsoll::codegen;

Expected<std::string> plimsoll::codegen::findCudaCompiler() {
  if (const char *chosen = std::getenv("NVCC"))
    if (auto path = sys::findProgramByName(chosen))
      return *path;
  if (auto path = sys::findProgramByName("nvcc"))
    return *path;
  if (auto path = sys::findProgramByName("nvcc", {"/usr/local/cuda/bin"}))
    return *path;
  return createStringError(
      "no CUDA compiler found (looked for $NVCC, nvcc on the path and in "
      "/usr/local/cuda/bin); install the CUDA toolkit, or use --emit=source and build "
      "elsewhere");
}

std::vector<std::string> plimsoll::codegen::cudaFlags(StringRef architecture) {
  return {"-std=c++20",
          "-O3",
          "--fmad=false",
          "--resource-usage",
          "--expt-relaxed-constexpr",
          "-arch=" + architecture.str()};
}

/// Where the libraries of the CUDA toolkit are that nvcc belongs to.
static Expected<std::string> toolkitLibraries() {
  Expected<std::string> nvcc = findCudaCompiler();
  if (!nvcc)
    return nvcc.takeError();
  SmallString<128> real;
  sys::fs::real_path(*nvcc, real);
  StringRef toolkit = sys::path::parent_path(sys::path::parent_path(real));
  return (toolkit + "/lib64").str();
}

/// The number in front of `unit`, as in "2048 bytes smem"; 0: not there.
static int numberBefore(StringRef line, StringRef unit) {
  size_t at = line.find(unit);
  int value = 0;
  if (at != StringRef::npos)
    line.take_front(at).rtrim().rsplit(' ').second.getAsInteger(10, value);
  return value;
}

/// Returns "loop_3" for the symbol of `plimsoll::(anonymous namespace)::loop_3_kernel(float
/// const*)`.
static std::string loopName(StringRef symbol) {
  std::string readable = demangle(symbol);
  StringRef name = readable, nameless = "(anonymous namespace)::";
  if (size_t at = name.rfind(nameless); at != StringRef::npos)
    name = name.drop_front(at + nameless.size());
  name = name.split('(').first;
  name = name.substr(name.rfind(':') + 1); // npos + 1 is 0
  name.consume_back("_kernel");
  return name.str();
}

std::vector<KernelResources> plimsoll::codegen::parseResources(StringRef log) {
  std::vector<KernelResources> kernels;
  SmallVector<StringRef> lines;
  log.split(lines, '\n');
  for (StringRef line : lines) {
    if (line.contains("Compiling entry function '")) {
      kernels.push_back({loopName(line.split('\'').second.split('\'').first)});
    } else if (!kernels.empty()) {
      kernels.back().spilledBytes += numberBefore(line, "bytes spill stores");
      kernels.back().registers += numberBefore(line, "registers");
      kernels.back().sharedBytes += numberBefore(line, "bytes smem");
    }
  }
  return kernels;
}

static Expected<std::vector<KernelResources>> readResources(const std::string &log) {
  auto text = MemoryBuffer::getFile(log);
  if (!text)
    return createStringError("cannot read '" + log + "': " + text.getError().message());
  return parseResources((*text)->getBuffer());
}

namespace {

/// Common base of the toolchains that compile step.cu.
class CudaSourceToolchain : public Toolchain {
public:
  CudaSourceToolchain(std::string suffix) : suffix(std::move(suffix)) {}

  Expected<std::vector<KernelResources>> build(const BuildJob &job) const override {
    if (!sys::fs::exists(job.libraryFolder + "/libplimsoll-runtime-" + suffix + ".a"))
      return createStringError("this build of plimsoll has no runtime for --target=cuda" +
                               whyMissing() + "; use --emit=source and build elsewhere");
    Expected<std::string> host = findHostCompiler();
    if (!host)
      return host.takeError();
    std::string log = job.folder + "/build.log", object = job.folder + "/step.o";
    if (Error error = compileStep(job, *host, object, log))
      return error;
    Expected<std::vector<KernelResources>> resources = readResources(log);
    if (!resources)
      return resources;
    if (Error error = link(job, *host, object, log))
      return error;
    return resources;
  }

protected:
  /// Returns what follows "--target=cuda" in the error of a build that cannot make such programs:
  /// the architecture, and what plimsoll was built without.
  virtual std::string whyMissing() const = 0;
  /// Returns the compiler of step.cu and its flags.
  virtual Expected<std::vector<std::string>> stepCompiler(const std::string &host) const = 0;
  /// Returns the linker's flags for the libraries that the runtime needs.
  virtual Expected<std::vector<std::string>> libraries() const = 0;

private:
  Error compileStep(const BuildJob &job, const std::string &host, const std::string &object,
                    const std::string &log) const {
    Expected<std::vector<std::string>> command = stepCompiler(host);
    if (!command)
      return command.takeError();
    append_range(*command, std::vector<std::string>{"-I" + job.includeFolder, "-c",
                                                    job.folder + "/step.cu", "-o", object});
    return runCommand(*command, log);
  }

  /// cuBLASLt has hundreds of megabytes and stays in the toolkit; everything else comes along.
  Error link(const BuildJob &job, const std::string &host, const std::string &object,
             const std::string &log) const {
    Expected<std::vector<std::string>> needed = libraries();
    if (!needed)
      return needed.takeError();
    LinkParts parts = {suffix, kPlainHost, {object}, {}, *needed};
    if (Error error = runCommand(linkCommand(host, job, parts), log))
      return error;
    return copyLibraries(job.output, "libcublasLt.", log);
  }

  std::string suffix; ///< of the runtime's libraries
};

class NvccToolchain : public CudaSourceToolchain {
public:
  explicit NvccToolchain(std::string architecture)
      : CudaSourceToolchain("cuda"), architecture(std::move(architecture)) {}

  std::string buildFile(bool) const override {
    return buildFileOf("cuda", {{"architecture", StringRef(architecture).split('_').second.str()}});
  }

private:
  std::string whyMissing() const override { return " (it was built without the CUDA toolkit)"; }

  Expected<std::vector<std::string>> stepCompiler(const std::string &host) const override {
    Expected<std::string> nvcc = findCudaCompiler();
    if (!nvcc)
      return nvcc.takeError();
    std::vector<std::string> command = {*nvcc, "-ccbin", host, "-Xcompiler", "-fPIC"};
    append_range(command, cudaFlags(architecture));
    return command;
  }

  Expected<std::vector<std::string>> libraries() const override {
    Expected<std::string> toolkit = toolkitLibraries();
    if (!toolkit)
      return toolkit.takeError();
    return std::vector<std::string>{
        "-L" + *toolkit, "-Wl,-rpath," + *toolkit, "-lcudart_static", "-lcublasLt", "-ldl", "-lrt"};
  }

  std::string architecture;
};

/// The emulator sees every load and store through the calls that -fsanitize=thread inserts.
class EmulatorToolchain : public CudaSourceToolchain {
public:
  EmulatorToolchain() : CudaSourceToolchain("emulator") {}

  std::string buildFile(bool) const override { return buildFileOf("emulator"); }

private:
  std::string whyMissing() const override {
    return ":emulator (it was built without Boost.Context)";
  }

  Expected<std::vector<std::string>> stepCompiler(const std::string &host) const override {
    std::vector<std::string> command = {host}, flags = codeFlags(kPlainHost);
    erase(flags, "-O3"); // some faults are loads that an optimiser would merge
    append_range(command, flags);
    append_range(command, std::vector<std::string>{"-O1", "-fno-strict-aliasing",
                                                   "-fsanitize=thread", "-x", "c++"});
    return command;
  }

  Expected<std::vector<std::string>> libraries() const override {
    return std::vector<std::string>{"-lboost_context"};
  }
};

} // namespace

std::unique_ptr<Toolchain> plimsoll::codegen::cudaToolchain(std::string architecture) {
  return std::make_unique<NvccToolchain>(std::move(architecture));
}

std::unique_ptr<Toolchain> plimsoll::codegen::emulatorToolchain() {
  return std::make_unique<EmulatorToolchain>();
}
