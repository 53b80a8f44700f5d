//===- HostCompiler.cpp - from emitted source to an executable ------------------===//
#include "compiler/codegen/HostCompiler.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace plimsoll::codegen;

static Error failure(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Expected<std::string> plimsoll::codegen::findHostCompiler() {
  std::vector<std::string> names;
  if (const char *chosen = std::getenv("CXX"))
    names.push_back(chosen);
  names.insert(names.end(), {"g++", "c++"});
  for (const std::string &name : names)
    if (auto path = sys::findProgramByName(name))
      return *path;
  return failure("no C++ compiler found (looked for $CXX, g++, c++); install g++, or use "
                 "--emit=source and build elsewhere");
}

std::vector<std::string> plimsoll::codegen::codeFlags(StringRef isa) {
  std::vector<std::string> flags = {"-std=c++20",
                                    "-O3",
                                    "-fopenmp",
                                    "-ffp-contract=off",
                                    "-fPIC",
                                    "-fno-math-errno",
                                    "-fno-trapping-math",
                                    "-march=x86-64-" + isa.str()};
  if (isa == "v4")
    flags.push_back("-mprefer-vector-width=512");
  return flags;
}

Error plimsoll::codegen::runCommand(const std::vector<std::string> &command, StringRef logFile) {
  SmallVector<StringRef> arguments(command.begin(), command.end());
  std::optional<StringRef> redirects[] = {StringRef(""), logFile, logFile};
  std::string message;
  int status = sys::ExecuteAndWait(command[0], arguments, std::nullopt, redirects, 0, 0, &message);
  if (status == 0)
    return Error::success();
  auto log = MemoryBuffer::getFile(logFile);
  return failure("the compiler failed: " + join(command, " ") + "\n" + message +
                 (log ? (*log)->getBuffer() : StringRef()));
}

/// Paths of the shared libraries that `file` loads, but those of glibc and the kernel.
static Expected<std::vector<std::string>> neededLibraries(const std::string &file,
                                                          const std::string &logFile) {
  auto ldd = sys::findProgramByName("ldd");
  if (!ldd)
    return failure("ldd is not installed");
  if (Error error = runCommand({*ldd, file}, logFile))
    return Expected<std::vector<std::string>>(std::move(error));
  auto log = MemoryBuffer::getFile(logFile);
  std::vector<std::string> paths;
  SmallVector<StringRef> lines;
  (*log)->getBuffer().split(lines, '\n');
  static const StringSet<> glibc = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
                                    "librt.so.1"};
  for (StringRef line : lines) {
    auto [name, rest] = line.trim().split(" => ");
    StringRef path = rest.split(" (").first;
    if (!path.empty() && path.starts_with("/") && !glibc.contains(name))
      paths.push_back(path.str());
  }
  return paths;
}

static Error copyLibraries(const BuildJob &job, const std::string &logFile) {
  auto paths = neededLibraries(job.output, logFile);
  if (!paths)
    return paths.takeError();
  std::string folder = job.output + ".libs";
  if (paths->empty())
    return Error::success();
  if (std::error_code error = sys::fs::create_directories(folder))
    return failure("cannot make '" + folder + "': " + error.message());
  for (const std::string &path : *paths) {
    SmallString<128> to(folder);
    sys::path::append(to, sys::path::filename(path));
    if (std::error_code error = sys::fs::copy_file(path, to))
      return failure("cannot copy '" + path + "': " + error.message());
  }
  return Error::success();
}

Error plimsoll::codegen::buildProgram(const BuildJob &job) {
  Expected<std::string> compiler = findHostCompiler();
  if (!compiler)
    return compiler.takeError();
  std::vector<std::string> command = {*compiler};
  std::vector<std::string> flags = codeFlags(job.suffix);
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), {"-I" + job.includeFolder, "-Wa,-I" + job.folder,
                                 job.folder + "/step.cpp", job.folder + "/program.cpp"});
  if (job.sharedLibrary)
    command.push_back("-shared");
  command.insert(command.end(), {"-o", job.output, "-L" + job.libraryFolder});
  if (!job.sharedLibrary)
    command.push_back("-lplimsoll-main-" + job.suffix);
  if (job.oneDnn)
    command.push_back("-lplimsoll-onednn-" + job.suffix);
  // A library must offer the C interface even where the step itself does not use it.
  command.push_back(job.sharedLibrary ? "-Wl,--whole-archive" : "-Wl,--as-needed");
  command.push_back("-lplimsoll-runtime-" + job.suffix);
  if (job.sharedLibrary)
    command.push_back("-Wl,--no-whole-archive");
  if (job.oneDnn)
    command.push_back("-ldnnl");
  std::string name = sys::path::filename(job.output).str();
  if (!job.oneDnn) // which loads the shared libstdc++ itself: one in a process is enough
    command.insert(command.end(), {"-static-libstdc++", "-static-libgcc"});
  command.insert(command.end(),
                 {"-lpthread", "-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/" + name + ".libs"});
  std::string log = job.folder + "/build.log";
  if (Error error = runCommand(command, log))
    return error;
  return copyLibraries(job, log);
}
