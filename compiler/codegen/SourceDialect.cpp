//===- SourceDialect.cpp - what a step looks like in source --------------------===//
#include "compiler/codegen/SourceDialect.h"
#include "compiler/codegen/LoopEmitter.h"

using namespace plimsoll::codegen;

const SourceDialect plimsoll::codegen::kCppSource = {
    .stepFile = "step.cpp",
    .kernelHeaders = "#include \"plimsoll/Bf16.h\"\n#include \"plimsoll/Kernels.h\"\n",
    .opening = "using namespace plimsoll;\n\nnamespace {\n\n",
    .closing = "} // namespace\n",
    .timelineHead = "(Stepper &s) {\n",
    .kernelScope = "",
    .emitLoop = emitLoop,
    .accesses = false,
};

// CUDA's own headers, of which a part comes last, must not see names like exp twice.
const SourceDialect plimsoll::codegen::kCudaSource = {
    .stepFile = "step.cu",
    .kernelHeaders = "#include \"plimsoll/Bf16.h\"\n#include \"plimsoll/CudaKernels.h\"\n",
    .opening = "namespace plimsoll {\nnamespace {\n\n",
    .closing = "} // namespace\n} // namespace plimsoll\n",
    .timelineHead = "(plimsoll::Stepper &s) {\n  using namespace plimsoll;\n",
    .kernelScope = "cuda::",
    .emitLoop = emitCudaLoop,
    .accesses = true,
};
