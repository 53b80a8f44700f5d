//===- CudaCompiler.cpp - from emitted CUDA to an executable ----------------------===//
#include "compiler/codegen/CudaCompiler.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace plimsoll::codegen;

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Expected<std::string> plimsoll::codegen::findCudaCompiler() {
  if (const char *chosen = std::getenv("NVCC"))
    if (auto path = sys::findProgramByName(chosen))
      return *path;
  if (auto path = sys::findProgramByName("nvcc"))
    return *path;
  if (auto path = sys::findProgramByName("nvcc", {"/usr/local/cuda/bin"}))
    return *path;
  return makeError("no CUDA compiler found (looked for $NVCC, nvcc on the path and in "
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

/// Returns the flags for the emulator, which observes every load and store through the calls that
/// -fsanitize=thread inserts.
static std::vector<std::string> emulatorFlags() {
  std::vector<std::string> flags = codeFlags("v3");
  erase(flags, "-O3"); // some faults are loads that an optimiser would merge
  flags.insert(flags.end(), {"-O1", "-fno-strict-aliasing", "-fsanitize=thread", "-x", "c++"});
  return flags;
}

static Error compileStep(const BuildJob &job, const std::string &host, const std::string &object) {
  std::vector<std::string> command, flags;
  if (job.suffix == "emulator") {
    command = {host};
    flags = emulatorFlags();
  } else {
    Expected<std::string> nvcc = findCudaCompiler();
    if (!nvcc)
      return nvcc.takeError();
    command = {*nvcc, "-ccbin", host, "-Xcompiler", "-fPIC"};
    flags = cudaFlags(job.architecture);
  }
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(),
                 {"-I" + job.includeFolder, "-c", job.folder + "/step.cu", "-o", object});
  return runCommand(command, job.folder + "/build.log");
}

/// Returns the folder of the CUDA toolkit's libraries, the toolkit being that of nvcc.
static Expected<std::string> toolkitLibraries() {
  Expected<std::string> nvcc = findCudaCompiler();
  if (!nvcc)
    return nvcc.takeError();
  SmallString<128> real;
  sys::fs::real_path(*nvcc, real);
  StringRef toolkit = sys::path::parent_path(sys::path::parent_path(real));
  return (toolkit + "/lib64").str();
}

/// Links the program. cuBLASLt has hundreds of megabytes and stays in the toolkit; other libraries
/// are copied.
static Error link(const BuildJob &job, const std::string &compiler, const std::string &object,
                  const std::string &log) {
  LinkParts parts;
  parts.inputs = {object};
  if (job.suffix == "emulator") {
    parts.libraries = {"-lboost_context"};
  } else {
    Expected<std::string> toolkit = toolkitLibraries();
    if (!toolkit)
      return toolkit.takeError();
    parts.libraries = {
        "-L" + *toolkit, "-Wl,-rpath," + *toolkit, "-lcudart_static", "-lcublasLt", "-ldl", "-lrt"};
  }
  if (Error error = runCommand(linkCommand(compiler, job, "v3", parts), log))
    return error;
  return copyLibraries(job.output, "libcublasLt.", log);
}

/// Returns the number in front of `unit`, as in "2048 bytes smem", or 0 if there is none.
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
    return makeError("cannot read '" + log + "': " + text.getError().message());
  return parseResources((*text)->getBuffer());
}

Expected<std::vector<KernelResources>> plimsoll::codegen::buildCudaProgram(const BuildJob &job) {
  std::string runtime = job.libraryFolder + "/libplimsoll-runtime-" + job.suffix + ".a";
  if (!sys::fs::exists(runtime))
    return makeError("this build of plimsoll has no runtime for --target=cuda" +
                     Twine(job.suffix == "emulator"
                               ? ":emulator (it was built without Boost.Context)"
                               : " (it was built without the CUDA toolkit)") +
                     "; use --emit=source and build elsewhere");
  Expected<std::string> compiler = findHostCompiler();
  if (!compiler)
    return compiler.takeError();
  std::string log = job.folder + "/build.log", object = job.folder + "/step.o";
  if (Error error = compileStep(job, *compiler, object))
    return error;
  Expected<std::vector<KernelResources>> resources = readResources(log);
  if (!resources)
    return resources;
  if (Error error = link(job, *compiler, object, log))
    return error;
  return resources;
}
