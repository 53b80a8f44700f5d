//===- VerifyPlan.cpp - replay a program against the arena --------------------===//
//
// The last check before code is emitted. It shares no code with the planner and sees only slices
// and launches. The arena is a map from byte ranges to the version that owns them. Reading a
// version requires that it owns all of its bytes.
//===----------------------------------------------------------------------===//
#include "dialects/nn/NNNames.h"
#include "passes/lower/Passes.h"
#include "passes/lower/VerifyCalls.h"
#include <map>

namespace plimsoll::lower {
#define GEN_PASS_DEF_VERIFYPLANPASS
#include "passes/lower/Passes.h.inc"
} // namespace plimsoll::lower

using namespace mlir;
using namespace plimsoll;

namespace {

/// Maps bytes to the versions that own them. Ranges are disjoint; bytes without an owner are
/// absent.
class Owners {
public:
  void write(int64_t begin, int64_t end, Operation *owner) {
    clear(begin, end);
    if (owner && begin < end)
      ranges[begin] = {end, owner};
  }

  /// Returns the first byte of [begin, end) that `owner` does not own and sets `found` to its owner
  /// (or null); -1 if there is none.
  int64_t firstForeign(int64_t begin, int64_t end, Operation *owner, Operation *&found) const {
    int64_t position = begin;
    while (position < end) {
      auto it = ranges.upper_bound(position);
      bool covered = it != ranges.begin() && std::prev(it)->second.end > position;
      found = covered ? std::prev(it)->second.owner : nullptr;
      if (found != owner)
        return position;
      if (covered)
        position = std::prev(it)->second.end;
      else
        position = it == ranges.end() ? end : it->first;
    }
    return -1;
  }

private:
  struct Range {
    int64_t end;
    Operation *owner;
  };

  void clear(int64_t begin, int64_t end) {
    auto it = ranges.lower_bound(begin);
    if (it != ranges.begin() && std::prev(it)->second.end > begin)
      --it;
    while (it != ranges.end() && it->first < end) {
      auto [start, range] = *it;
      it = ranges.erase(it);
      if (start < begin)
        ranges[start] = {begin, range.owner};
      if (range.end > end)
        it = ranges.insert({end, range}).first;
    }
  }

  std::map<int64_t, Range> ranges;
};

struct VerifyPlanPass : lower::impl::VerifyPlanPassBase<VerifyPlanPass> {
  VerifyPlanPass() = default;
  explicit VerifyPlanPass(const lower::CallLibrary *library) : library(library) {}

  void runOnOperation() override {
    markAllAnalysesPreserved();
    owners = {}; // one pass object checks several programs
    homes.clear();
    broken = false;
    checkAlignment();
    for (Operation &op : getOperation().getBody().front()) {
      if (auto slice = dyn_cast<exec::SliceOp>(op))
        checkSlice(slice);
      else if (auto given = dyn_cast<exec::GivenOp>(op))
        for (Value value : given.getSlices())
          give(exec::sliceOf(value));
      else if (auto kept = dyn_cast<exec::KeptOp>(op))
        for (Value value : kept.getSlices())
          keep(kept, exec::sliceOf(value));
      else if (auto poison = dyn_cast<exec::PoisonOp>(op))
        overwrite(poison);
      else if (exec::isLaunch(&op))
        launch(&op);
    }
    if (broken)
      signalPassFailure();
  }

private:
  InFlightDiagnostic error(Operation *op) {
    broken = true;
    return op->emitError("the plan is wrong: ");
  }

  /// Attaches a note at each of the slices that an error speaks of.
  static void noteSlices(InFlightDiagnostic &diagnostic, ArrayRef<exec::SliceOp> slices) {
    for (exec::SliceOp slice : slices)
      diagnostic.attachNote(slice.getLoc())
          << "'" << slice.getName() << "' lies at [" << int64_t(slice.getOffset()) << ", "
          << slice.getEnd() << ")" << nn::inNode(slice.getLoc());
  }

  void checkAlignment() {
    int64_t alignment = getOperation().getAlignment();
    if (library && alignment % library->alignment() != 0)
      error(getOperation()) << "it is aligned to " << alignment << " bytes, the target wants "
                            << library->alignment();
  }

  void checkSlice(exec::SliceOp slice) {
    if (int64_t(slice.getOffset()) < 0 || slice.getEnd() > int64_t(getOperation().getArena()))
      error(slice) << "'" << slice.getName() << "' lies at [" << int64_t(slice.getOffset()) << ", "
                   << slice.getEnd() << ") outside the arena of " << getOperation().getArena()
                   << " bytes";
    int64_t alignment = getOperation().getAlignment();
    if (slice.getOffset() % alignment != 0)
      error(slice) << "'" << slice.getName() << "' lies at " << slice.getOffset()
                   << ", not a multiple of " << alignment;
  }

  void overwrite(exec::PoisonOp poison) {
    int64_t begin = poison.getOffset(), bytes = poison.getBytes();
    if (begin < 0 || bytes < 0 || begin + bytes > int64_t(getOperation().getArena()))
      error(poison) << "poison lies at [" << begin << ", " << begin + bytes
                    << ") outside the arena of " << getOperation().getArena() << " bytes";
    else
      owners.write(begin, begin + bytes, nullptr);
  }

  void give(exec::SliceOp slice) {
    Operation *found = nullptr;
    if (owners.firstForeign(slice.getOffset(), slice.getEnd(), nullptr, found) >= 0) {
      InFlightDiagnostic diagnostic = error(slice);
      diagnostic << "'" << slice.getName() << "' shares bytes with '"
                 << cast<exec::SliceOp>(found).getName() << "' before the first launch";
      noteSlices(diagnostic, {cast<exec::SliceOp>(found)});
    }
    owners.write(slice.getOffset(), slice.getEnd(), slice);
    if (slice.getKind() == exec::Kind::parameter || slice.getKind() == exec::Kind::state)
      homes[slice.getName()] = slice.getOffset();
  }

  void read(Operation *reader, exec::SliceOp slice) {
    Operation *found = nullptr;
    int64_t byte = owners.firstForeign(slice.getOffset(), slice.getEnd(), slice, found);
    if (byte < 0)
      return;
    InFlightDiagnostic diagnostic = error(reader);
    diagnostic << nn::describe(reader) << " reads '" << slice.getName() << "', but byte " << byte;
    if (found)
      diagnostic << " holds '" << cast<exec::SliceOp>(found).getName() << "'";
    else
      diagnostic << " holds nothing";
    noteSlices(diagnostic, {slice});
    if (found)
      noteSlices(diagnostic, {cast<exec::SliceOp>(found)});
  }

  /// Checks that a kept slice is intact, and that a parameter or state is where the next step reads
  /// it.
  void keep(exec::KeptOp kept, exec::SliceOp slice) {
    read(kept, slice);
    bool lives = slice.getKind() == exec::Kind::parameter || slice.getKind() == exec::Kind::state;
    auto home = homes.find(slice.getName());
    if (!lives || home == homes.end() || home->second == int64_t(slice.getOffset()))
      return;
    InFlightDiagnostic diagnostic = error(kept);
    diagnostic << "'" << slice.getName() << "' ends at " << slice.getOffset()
               << ", the next step reads it at " << home->second;
    noteSlices(diagnostic, {slice});
  }

  static bool overlap(exec::SliceOp a, exec::SliceOp b) {
    return int64_t(a.getOffset()) < b.getEnd() && int64_t(b.getOffset()) < a.getEnd();
  }

  static bool mayAlias(Operation *op, size_t write, size_t read) {
    ArrayRef<int64_t> pairs = exec::mayAliasOf(op);
    for (size_t i = 0; i + 1 < pairs.size(); i += 2)
      if (size_t(pairs[i]) == write && size_t(pairs[i + 1]) == read)
        return walksAlike(op, write, read);
    return false;
  }

  /// True if the write may overlap the read. A loop does so element by element: with equal strides
  /// and element sizes.
  static bool walksAlike(Operation *op, size_t write, size_t read) {
    auto loop = dyn_cast<exec::LoopOp>(op);
    if (!loop)
      return true; // VerifyCalls checks what the kernel supports
    auto bytes = [](Value value) {
      auto type = cast<exec::SliceType>(value.getType());
      return type.getElement().getIntOrFloatBitWidth();
    };
    return loop.stridesOf(read) == loop.stridesOf(loop.getReads().size() + write) &&
           bytes(loop.getReads()[read]) == bytes(loop.getWrites()[write]);
  }

  void checkAliases(Operation *op) {
    auto reads = exec::readsOf(op), writes = exec::writesOf(op);
    for (size_t w = 0; w < writes.size(); ++w) {
      exec::SliceOp write = exec::sliceOf(writes[w]);
      for (size_t r = 0; r < reads.size(); ++r) {
        exec::SliceOp read = exec::sliceOf(reads[r]);
        bool same = write.getOffset() == read.getOffset() && write.getEnd() <= read.getEnd();
        if (overlap(write, read) && !(same && mayAlias(op, w, r))) {
          InFlightDiagnostic diagnostic = error(op);
          diagnostic << nn::describe(op) << " writes '" << write.getName() << "' over '"
                     << read.getName() << "', which it reads";
          noteSlices(diagnostic, {write, read});
        }
      }
      for (Value other : writes.take_front(w))
        checkApart(op, write, exec::sliceOf(other));
    }
  }

  void checkApart(Operation *op, exec::SliceOp write, exec::SliceOp other) {
    if (!overlap(write, other))
      return;
    InFlightDiagnostic diagnostic = error(op);
    diagnostic << nn::describe(op) << " writes '" << write.getName() << "' and '" << other.getName()
               << "' into the same bytes";
    noteSlices(diagnostic, {write, other});
  }

  void checkOverwrites(Operation *op) {
    auto call = dyn_cast<exec::CallOp>(op);
    if (!call || !call.getOverwrites())
      return;
    ArrayRef<int64_t> pairs = call.getMayAlias();
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
      exec::SliceOp write = exec::sliceOf(call.getWrites()[pairs[i]]);
      exec::SliceOp read = exec::sliceOf(call.getReads()[pairs[i + 1]]);
      if (write.getOffset() == read.getOffset())
        continue;
      InFlightDiagnostic diagnostic = error(op);
      diagnostic << nn::describe(op) << " must write '" << write.getName() << "' where it was, at "
                 << read.getOffset() << ", not at " << write.getOffset();
      noteSlices(diagnostic, {write, read});
    }
  }

  void launch(Operation *op) {
    for (Value value : exec::readsOf(op))
      read(op, exec::sliceOf(value));
    checkAliases(op);
    checkOverwrites(op);
    if (auto call = dyn_cast<exec::CallOp>(op))
      lower::verifyCall(call, getOperation().getThreads(), library, [&](const Twine &what) {
        error(op) << nn::describe(op) << " calls '" << call.getKernel() << "': " << what;
      });
    for (Value value : exec::writesOf(op)) {
      exec::SliceOp slice = exec::sliceOf(value);
      // A workspace has no content after the launch.
      owners.write(slice.getOffset(), slice.getEnd(),
                   slice.getKind() == exec::Kind::workspace ? nullptr : slice.getOperation());
    }
  }

  const lower::CallLibrary *library = nullptr;
  Owners owners;
  llvm::StringMap<int64_t> homes; ///< offsets of parameters and states at the start
  bool broken = false;
};

} // namespace

std::unique_ptr<Pass> plimsoll::lower::createVerifyPlanPass(const CallLibrary *library) {
  return std::make_unique<VerifyPlanPass>(library);
}
