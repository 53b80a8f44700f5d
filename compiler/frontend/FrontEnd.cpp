//===- FrontEnd.cpp - the readers of models that there are ------------------------===//
#include "compiler/frontend/FrontEnd.h"

using namespace plimsoll::frontend;

static std::vector<std::unique_ptr<FrontEnd>> &registry() {
  static std::vector<std::unique_ptr<FrontEnd>> frontEnds;
  return frontEnds;
}

void plimsoll::frontend::registerFrontEnd(std::unique_ptr<FrontEnd> frontEnd) {
  registry().push_back(std::move(frontEnd));
}

const FrontEnd &plimsoll::frontend::frontEndOf(llvm::StringRef path) {
  assert(!registry().empty() && "main registers front ends");
  for (const std::unique_ptr<FrontEnd> &frontEnd : registry())
    for (llvm::StringRef ending : frontEnd->endings())
      if (path.ends_with_insensitive(ending))
        return *frontEnd;
  return *registry().front();
}

static llvm::Error unsupported(const FrontEnd &frontEnd, llvm::StringRef what) {
  return llvm::createStringError("a model in the form of " + frontEnd.format() + " cannot be " +
                                 what);
}

llvm::Expected<ExportReport> FrontEnd::exportWeights(const ExportOptions &) const {
  return unsupported(*this, "written with other weights; its checkpoint has them by name");
}

llvm::Expected<ReduceReport> FrontEnd::reduce(const ReduceOptions &,
                                              llvm::function_ref<void(const llvm::Twine &)>) const {
  return unsupported(*this, "reduced");
}
