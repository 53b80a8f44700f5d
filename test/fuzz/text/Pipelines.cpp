//===- Pipelines.cpp - the passes that a case runs ----------------------------===//
#include "test/fuzz/text/Pipelines.h"

static constexpr const char *kAlone[] = {
    "canonicalize",
    "cse",
    "func.func(nn-insert-dropout{rules=.*=0.5})",
    "func.func(nn-simplify)",
    "func.func(nn-raise-gelu)",
    "func.func(nn-raise-layer-norm)",
    "func.func(nn-raise-rotary)",
    "func.func(nn-raise-attention)",
    "nn-attach-lora{modules=.* rank=1}",
    "nn-attach-teacher",
    "nn-attach-loss",
    "nn-attach-loss{loss=mse}",
    "nn-widen",
    "nn-build-step",
    "nn-build-step{optimizer=sgd,momentum=0.9 clip=norm:0.5 accumulate=2}",
    "nn-build-forward{gradients=true}",
    "nn-build-check{weigh=true}",
    "func.func(nn-assign-precision)",
    "func.func(nn-chunk-losses{rows=1 bytes=0})",
    "func.func(nn-choose-saved)",
    "func.func(nn-form-launches)",
    "choose-kernels",
    "choose-kernels{target=cpu:x86-64-v3 threads=2}",
    "plan-memory{effort=fast}",
    "plan-memory{effort=fast checkpoint-every=0}",
    "lower-to-exec",
    "exec.program(exec-poison)",
    "exec.program(exec-verify)"};

static constexpr const char *kPrepare =
    "func.func(nn-simplify,nn-raise-gelu,nn-raise-layer-norm,nn-raise-rotary,"
    "nn-raise-attention,nn-simplify),";
static constexpr const char *kLosses[] = {"", "nn-attach-loss,", "nn-attach-loss{loss=mse},",
                                          "nn-attach-loss{loss=cross-entropy:logits},"};
static constexpr const char *kSteps[] = {
    "nn-build-step,", "nn-build-step{optimizer=sgd clip=norm:1.0 accumulate=2},",
    "nn-build-step{optimizer=rmsprop,momentum=0.9 keep-gradients=true},",
    "nn-build-check{weigh=true},", "nn-build-forward{gradients=true},"};
static constexpr const char *kPrecisions[] = {"", "func.func(nn-assign-precision),"};
static constexpr const char *kKernels =
    "func.func(nn-simplify,nn-chunk-losses{rows=2 bytes=0},cse,nn-choose-saved,nn-form-launches),";
static constexpr const char *kChoices[] = {"choose-kernels,", "choose-kernels{threads=2},",
                                           "choose-kernels{target=cpu:x86-64-v3 threads=2},"};
static constexpr const char *kPlans[] = {"plan-memory{effort=fast},",
                                         "plan-memory{effort=fast recompute=false},"};
static constexpr const char *kPrograms[] = {"lower-to-exec,exec.program(exec-verify)",
                                            "lower-to-exec,exec.program(exec-poison,exec-verify)"};

std::string choosePipeline(const std::string &stage, Random &random) {
  if (random.chance(33))
    return random.of(kAlone);
  std::string pipeline;
  if (stage == "nn")
    pipeline += std::string(kPrepare) + random.of(kLosses) + random.of(kSteps);
  if (stage == "nn" || stage == "step")
    pipeline += std::string(random.of(kPrecisions)) + kKernels + random.of(kChoices);
  if (stage == "nn" || stage == "step" || stage == "kernels")
    pipeline += random.of(kPlans);
  if (stage == "exec")
    return random.chance(50) ? "exec.program(exec-verify)"
                             : "exec.program(exec-poison,exec-verify)";
  return pipeline + random.of(kPrograms);
}
