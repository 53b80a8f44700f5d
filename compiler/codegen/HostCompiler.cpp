//===- HostCompiler.cpp - from emitted source to an executable ------------------===//
#include "compiler/codegen/HostCompiler.h"
#include "compiler/codegen/BuildFiles.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace plimsoll::codegen;

Expected<std::string> plimsoll::codegen::findHostCompiler() {
  std::vector<std::string> names;
  if (const char *chosen = std::getenv("CXX"))
    names.push_back(chosen);
  names.insert(names.end(), {"g++", "c++"});
  for (const std::string &name : names)
    if (auto path = sys::findProgramByName(name))
      return *path;
  return createStringError("no C++ compiler found (looked for $CXX, g++, c++); install g++, or use "
                           "--emit=source and build elsewhere");
}

std::vector<std::string> plimsoll::codegen::codeFlags(const std::vector<std::string> &isaFlags) {
  std::vector<std::string> flags = {"-std=c++20",        "-O3",   "-fopenmp",
                                    "-ffp-contract=off", "-fPIC", "-fno-math-errno",
                                    "-fno-trapping-math"};
  append_range(flags, isaFlags);
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
  return createStringError("the compiler failed: " + join(command, " ") + "\n" + message +
                           (log ? (*log)->getBuffer() : StringRef()));
}

/// Returns the paths of the shared libraries that `file` loads, except those of glibc and the
/// kernel.
static Expected<std::vector<std::string>> neededLibraries(const std::string &file,
                                                          const std::string &logFile) {
  auto ldd = sys::findProgramByName("ldd");
  if (!ldd)
    return createStringError("ldd is not installed");
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

std::string plimsoll::codegen::librariesOf(StringRef output) {
  std::string name = sys::path::filename(output).str();
  for (char &c : name) // the dynamic loader interprets these in a run path
    if (c == ':' || c == '$')
      c = '_';
  SmallString<128> folder = sys::path::parent_path(output);
  sys::path::append(folder, name + ".libs");
  return folder.str().str();
}

Error plimsoll::codegen::copyLibraries(const std::string &output, StringRef stays,
                                       const std::string &logFile) {
  auto paths = neededLibraries(output, logFile);
  if (!paths)
    return paths.takeError();
  if (!stays.empty())
    erase_if(*paths, [&](StringRef path) { return sys::path::filename(path).starts_with(stays); });
  std::string folder = librariesOf(output);
  if (paths->empty())
    return Error::success();
  // Libraries get the permissions of the program: the umask decides.
  if (std::error_code error = sys::fs::create_directories(folder, true, sys::fs::all_all))
    return createStringError("cannot make '" + folder + "': " + error.message());
  for (const std::string &path : *paths) {
    SmallString<128> to(folder);
    sys::path::append(to, sys::path::filename(path));
    if (std::error_code error = sys::fs::copy_file(path, to))
      return createStringError("cannot copy '" + path + "': " + error.message());
  }
  return Error::success();
}

std::vector<std::string> plimsoll::codegen::linkCommand(const std::string &compiler,
                                                        const BuildJob &job,
                                                        const LinkParts &parts) {
  std::vector<std::string> command = {compiler};
  auto add = [&](const std::vector<std::string> &words) { append_range(command, words); };
  add(codeFlags(parts.isaFlags));
  // -Wa and -Wl would split the name of a folder at its commas.
  add({"-I" + job.includeFolder, "-Xassembler", "-I" + job.folder});
  add(parts.inputs);
  add({job.folder + "/program.cpp"});
  if (job.sharedLibrary)
    add({"-shared"});
  add({"-o", job.output, "-L" + job.libraryFolder});
  if (!job.sharedLibrary)
    add({"-lplimsoll-main-" + parts.suffix});
  add(parts.archives);
  // A shared library must contain the C interface even if the step does not use it.
  add({job.sharedLibrary ? "-Wl,--whole-archive" : "-Wl,--as-needed"});
  add({"-lplimsoll-runtime-" + parts.suffix});
  if (job.sharedLibrary)
    add({"-Wl,--no-whole-archive"});
  add(parts.libraries);
  if (!job.oneDnn) // oneDNN loads the shared libstdc++; a process must have only one
    add({"-static-libstdc++", "-static-libgcc"});
  std::string libraries = sys::path::filename(librariesOf(job.output)).str();
  add({"-lpthread", "-Wl,--disable-new-dtags", "-Xlinker", "-rpath", "-Xlinker",
       "$ORIGIN/" + libraries});
  return command;
}

namespace {

class HostToolchain : public Toolchain {
public:
  HostToolchain(std::string isa, std::vector<std::string> isaFlags)
      : isa(std::move(isa)), isaFlags(std::move(isaFlags)) {}

  Expected<std::vector<KernelResources>> build(const BuildJob &job) const override {
    Expected<std::string> compiler = findHostCompiler();
    if (!compiler)
      return compiler.takeError();
    LinkParts parts = {isa, isaFlags, {job.folder + "/step.cpp"}};
    if (job.oneDnn) {
      parts.archives = {"-lplimsoll-onednn-" + isa};
      parts.libraries = {"-ldnnl"};
    }
    std::string log = job.folder + "/build.log";
    if (Error error = runCommand(linkCommand(*compiler, job, parts), log))
      return error;
    if (Error error = copyLibraries(job.output, "", log))
      return error;
    return std::vector<KernelResources>();
  }

  std::string buildFile(bool oneDnn) const override {
    std::vector<std::string> flags = codeFlags(isaFlags);
    erase_if(flags, [](StringRef flag) { return flag == "-std=c++20" || flag == "-fPIC"; });
    std::string libraries = "plimsoll-main-" + isa + (oneDnn ? " plimsoll-onednn-" + isa : "");
    return buildFileOf("cpu",
                       {{"isa", isa}, {"flags", join(flags, " ")}, {"libraries", libraries}});
  }

private:
  std::string isa;
  std::vector<std::string> isaFlags;
};

} // namespace

std::unique_ptr<Toolchain> plimsoll::codegen::hostToolchain(std::string isa,
                                                            std::vector<std::string> isaFlags) {
  return std::make_unique<HostToolchain>(std::move(isa), std::move(isaFlags));
}
