//===- Calibrate.cpp - plimsoll calibrate -------------------------------------------===//
#include "compiler/pipeline/Calibrate.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Output.h"
#include <thread>

using namespace plimsoll;
using namespace plimsoll::cli;

int cli::run(const CalibrateCommand &command) {
  if (int code = checkWritable({command.output}))
    return code;
  pipeline::CompileOptions options;
  options.target = command.target;
  options.threads = command.threads;
  if (llvm::StringRef(options.target).starts_with("cuda"))
    return failed("calibrate measures the CPU that it runs on; times of GPUs are those of "
                  "compiler/target/devices (tools/gpu-check measures them)");
  if (options.threads == 0)
    options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  mlir::DialectRegistry registry;
  pipeline::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  auto model = pipeline::calibrate(context, options,
                                   [](const llvm::Twine &what) { llvm::errs() << what << "\n"; });
  if (!model)
    return failed(llvm::toString(model.takeError()));
  return writeText(command.output, [&](llvm::raw_ostream &os) { model->print(os); });
}
