//===- Output.cpp - output of the commands --------------------------------------------===//
#include "tools/plimsoll/Output.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Options.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;

int cli::usageError(const llvm::Twine &message) {
  llvm::errs() << "plimsoll: error: " << shownLines(message.str()) << "\n";
  return kWrongUsage;
}

int cli::failed(const llvm::Twine &message) {
  llvm::errs() << "plimsoll: error: " << shownLines(message.str()) << "\n";
  return kFailed;
}

int cli::writeText(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  if (path.empty() || path == "-") {
    print(llvm::outs());
    return kDone;
  }
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  if (error)
    return failed("cannot write '" + llvm::Twine(path) + "': " + error.message());
  print(file);
  file.close();
  if (!file.has_error())
    return kDone;
  error = file.error();
  file.clear_error();
  llvm::sys::fs::remove(path);
  return failed("cannot write '" + llvm::Twine(path) + "': " + error.message());
}

void cli::printJson(llvm::json::Value value) {
  llvm::outs() << llvm::formatv("{0:2}", value) << "\n";
}

int cli::checkWritable(std::initializer_list<llvm::StringRef> paths) {
  for (llvm::StringRef path : paths) {
    llvm::StringRef folder = llvm::sys::path::parent_path(path);
    if (!folder.empty() && !llvm::sys::fs::is_directory(folder))
      return failed("there is no folder '" + folder + "' to write '" + path + "' to");
  }
  return kDone;
}
