//===- Program.h - the tables by which an emitted program describes itself --===//
//
// The compiler emits one constant `plimsoll_program` of type `Program`: tables of
// parameters, inputs and constants with their places in the arena, and a list of
// timelines, each a function with the places of its inputs. Everything else (data, checkpoints,
// metrics, the command line, the C interface) is the runtime's and is the same for every model.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PROGRAM_H
#define PLIMSOLL_PROGRAM_H

#include "plimsoll/ElementType.h"

#include <cstdint>

namespace plimsoll {

class Stepper;

/// An offset of what has no place in the arena.
inline constexpr uint64_t kNoPlace = ~uint64_t(0);

/// A tensor in the arena, dense and row-major.
struct TensorInfo {
  const char *name;
  ElementType type;
  int rank;
  const int64_t *shape;
  uint64_t offset; ///< bytes from the start of the arena
};

constexpr uint64_t bytesOf(const TensorInfo &tensor) {
  int64_t bytes = bytesOf(tensor.type);
  for (int i = 0; i < tensor.rank; ++i)
    bytes *= tensor.shape[i];
  return static_cast<uint64_t>(bytes);
}

/// One array of optimizer state. It need not have its parameter's type or shape.
struct StateInfo {
  TensorInfo tensor;       ///< "exp_avg", "exp_avg_sq", "momentum_buffer": PyTorch's names
  bool transposed = false; ///< as ParameterInfo::transposed
  const TensorInfo *scales = nullptr; ///< of its blocks, if it is codes (StateCodes.h); null: its
                                      ///< numbers are what they say
  bool nonnegative = false;           ///< never negative: codes of it have no sign
};

struct ParameterInfo {
  TensorInfo tensor; ///< name and shape are those that the framework uses
  bool transposed;   ///< rank 2: the arena holds the transpose of `tensor.shape`
  bool trainable;
  bool decayed;
  const char *const *aliases; ///< further names of a tied parameter
  int aliasCount;
  const StateInfo *states;
  int stateCount;
  int64_t gradientOffset; ///< valid after a step; -1 unless compiled with --keep-gradients
  bool unsaved = false;   ///< belongs to a frozen base or a teacher: checkpoints leave it out
};

/// An input that the host writes before a run of a timeline. Here is what holds in all timelines;
/// type, shape and place are in `Timeline::inputs`.
struct InputInfo {
  bool labels = false;    ///< the input that the compiler added for the loss
  int64_t limit = -1;     ///< integer inputs: values must be in [0, limit); labels also `ignored`.
                          ///< -1: unchecked
  int64_t ignored = -100; ///< the label of rows that do not count
  bool whole = false;     ///< a data source writes all of it in each step, not one row per sample
  const char *classes = nullptr; ///< for labels: the dimension that holds the classes, as
                                 ///< "dimension 1 of output 'y' (2x3x4x4)"; null where only one can
};

/// Bytes that never change, copied into the arena before the first step.
struct ConstantInfo {
  uint64_t offset;
  uint64_t bytes;
  const void *data;
};

/// Indices of the scalars that the host writes before each run of a timeline: f32
/// [kHyperCount] at `Timeline::hyperOffset`.
enum Hyper : int {
  kLearningRate,    ///< lr
  kDecayFactor,     ///< 1 - lr * weight_decay
  kStepSize,        ///< lr / (1 - beta1^t), t from 1 (beta1 and beta2: see OptimizerInfo)
  kSqrtBias2,       ///< sqrt(1 - beta2^t)
  kWeightDecay,     ///< weight_decay
  kFirstStep,       ///< 1 at step 1 (sgd's momentum buffer starts as the gradient), else 0
  kFirstMicroBatch, ///< 1 in the first micro-batch of a step (the sums start as its gradients)
  kMicroBatch,      ///< the number of the micro-batch in its step, from 0
  // The bits of u32 numbers, read by kernels that draw random numbers (kernels/cpu/Random.cpp):
  kSeedLow = 13,
  kSeedHigh = 14,
  kRandomStep = 15, ///< micro-batches begun, from 1; evaluation: 2^31 + the batch from 0
  kHyperCount = 16
};

struct OptimizerInfo {
  const char *name;                 ///< as the compiler's command line has it: "adamw"
  double learningRate, weightDecay; ///< defaults that the command line may change
  /// Decays of the moments whose bias the step's scalars correct; 0: none is corrected.
  double beta1, beta2;
};

/// A tensor that a launch writes, for naming the first value that is not finite.
struct WriteInfo {
  int launch;
  const char *name; ///< the value's name in the user's model
  const char *node; ///< the node it comes from
  ElementType type;
  uint64_t offset;
  int64_t count; ///< elements
};

/// Bytes of the arena that a launch reads or writes.
struct AccessInfo {
  int launch;
  bool written;
  uint64_t offset, bytes;
};

/// What a launch does, for profiles.
struct LaunchInfo {
  const char *kind; ///< its kernel, or "loop nest"
  double flops, bytes;
  double seconds; ///< as the compiler predicts them
};

/// The highest rates of the machine that a program was compiled for.
struct MachineRates {
  double flopsPerSecond = 0; ///< of large matrix products; 0: unknown
  double bytesPerSecond = 0; ///< from and to memory; 0: unknown
};

enum class TimelineKind : uint8_t {
  train,      ///< forward, backward and updates; the last micro-batch of a step
  accumulate, ///< forward and backward of a micro-batch, whose gradients are added to the step's
  evaluate,   ///< forward alone
};

/// One function that the program can run from begin to end. A program may have several of a kind,
/// for example for different input shapes. All share parameters and state; everything else of one
/// may lie in the bytes of another.
struct Timeline {
  const char *name = nullptr;
  TimelineKind kind = TimelineKind::train;
  void (*run)(Stepper &) = nullptr;
  int launchCount = 0;
  const TensorInfo *inputs = nullptr; ///< in the order of Program::inputs; this timeline does not
                                      ///< read an input whose offset is `kNoPlace`
  int64_t hyperOffset = -1;    ///< of the scalars that the host writes (Hyper); -1: none is read
  int64_t lossOffset = -1;     ///< f32 [1]; -1: none
  int64_t accuracyOffset = -1; ///< f32 [1], share of the counted rows whose largest score is the
                               ///< label; -1: none
  const WriteInfo *writes = nullptr; ///< sorted by launch
  int writeCount = 0;
  int64_t gradientNormOffset = -1; ///< f32 [1], before clipping; -1: not compiled with --clip=norm:
  const AccessInfo *accesses = nullptr; ///< sorted by launch; null unless compiled for CUDA
  int accessCount = 0;
  const LaunchInfo *launches = nullptr; ///< null: nothing is known of them
};

struct Program {
  const char *model;       ///< file name of the model
  const char *fingerprint; ///< hex digest of parameters' names, shapes and the optimizer:
                           ///< checkpoints carry it
  const char *info; ///< JSON object for --info: what it was compiled from, its arena, its plan
  const char *instructionSet; ///< "x86-64-v3", "x86-64-v4"; for a GPU "sm_80", "sm_90", "sm_100"
  uint64_t arenaBytes;
  int threads;
  const ParameterInfo *parameters;
  int parameterCount;
  const InputInfo *inputs;
  int inputCount;
  const ConstantInfo *constants;
  int constantCount;
  OptimizerInfo optimizer;
  const Timeline *timelines;
  int timelineCount;
  bool tokenLabels; ///< labels have the shape of the one integer input: metrics have perplexity,
                    ///< and `tokens:` sources can feed the program
  double loraAlpha = 0; ///< alpha of low-rank adapters (their product is scaled by alpha / rank),
                        ///< which merging a checkpoint needs; 0: no adapters
  int microBatches = 1; ///< batches of one step: all but the last run a timeline that accumulates
  bool rowsMix = false; ///< something is computed from several rows together: rows added to fill a
                        ///< batch change the results of the others
  MachineRates rates = {};
};

/// Returns the first timeline of `kind`; null if the program has none.
constexpr const Timeline *firstTimeline(const Program &program, TimelineKind kind) {
  for (int i = 0; i < program.timelineCount; ++i)
    if (program.timelines[i].kind == kind)
      return &program.timelines[i];
  return nullptr;
}

} // namespace plimsoll

/// Defined by the emitted program.
extern "C" const plimsoll::Program plimsoll_program;

#endif // PLIMSOLL_PROGRAM_H
