//===- Checkpoint.h - saving a run, and the state of a saved run ------------===//
//
// A safetensors file: parameters under their names, optimizer state under
// `optimizer.<state>.<parameter>`, and strings of metadata. It is written to
// `FILE.tmp`, synced and renamed over FILE, and the directory is synced: at any moment
// FILE is a whole checkpoint or not there. Saving allocates nothing.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_CHECKPOINT_H
#define PLIMSOLL_CORE_CHECKPOINT_H

#include "Failure.h"
#include "State.h"

#include <string>
#include <vector>

namespace plimsoll {

/// What a checkpoint holds besides tensors, so that a resumed run gives the same bits as one that
/// never stopped.
struct RunState {
  int64_t step = 0;  ///< steps done
  int64_t steps = 0; ///< steps in all, for the schedule
  uint64_t seed = 0;
  int64_t dataPosition = 0; ///< rows taken from the data
  bool shuffle = false;
  double learningRate = 0, weightDecay = 0;
  char schedule[64] = "constant";
  double bestLoss = 0;  ///< lowest evaluation loss so far
  int64_t bestStep = 0; ///< the step of that evaluation
  int64_t evaluationsSinceBest = 0;
  bool evaluationPending = false; ///< a signal interrupted the evaluation that was due at `step`
  bool hasBest = false;
  std::string choices; ///< set by readRunState(): the algorithms that libraries chose
  std::string remark;  ///< set by loadCheckpoint(): what was converted, or ""
};

/// A parameter or its optimizer state is infinite or NaN.
struct NotFinite : Failure {
  using Failure::Failure;
};

/// Returns how many rows of the data `steps` steps of the program take.
int64_t rowsTaken(const Program &program, int64_t steps);

class CheckpointWriter {
public:
  /// Prepares to save `slots` of the arena to `path`. `choices`: the text of the algorithms that
  /// libraries chose (Choices.h).
  CheckpointWriter(const Program &program, std::vector<Slot> slots, const std::string &path,
                   const std::string &choices = "");

  /// Writes the checkpoint. Throws Failure; the previous file is then untouched and no temporary
  /// file is left. Throws NotFinite if a trained tensor has an infinity or a NaN: a good checkpoint
  /// is never replaced by a spoilt one.
  void save(const RunState &state, const std::byte *arena);

  const std::string &path() const { return target; }
  int64_t bytes() const { return headerCapacity + dataBytes; }

private:
  const Program &program;
  std::vector<Slot> slots;
  std::string target, temporary, directory;
  std::string tensorText, aliasText; ///< parts of the header that never change
  std::vector<char> header;
  std::vector<std::byte> buffer;
  int64_t headerCapacity = 0, dataBytes = 0;
  const Slot *spoilt = nullptr; ///< where writeFile() found an element that is not finite
  int64_t spoiltElement = -1;

  void buildTensorText();
  void buildAliasText(const std::string &choices);
  void buildHeader(const RunState &state);
  bool writeFile(int descriptor, const std::byte *arena);
  bool writeSlot(int descriptor, const Slot &slot, const std::byte *arena);
  std::string keptText() const;
  [[noreturn]] void fail(const char *doing, int error);
};

/// Reads the run state of a checkpoint. Throws Failure if the file is no checkpoint, has a later
/// format, or was saved by another program or by the same one compiled for another batch.
RunState readRunState(const Program &program, const SafetensorsFile &file);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_CHECKPOINT_H
