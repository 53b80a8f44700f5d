//===- Patch.h - the part of a few images that a block of outputs reads ------===//
//
// Outputs are cut into blocks: of whole planes of some images, of rows of one plane, or of a part
// of one row (a plane is one place along the first dimension of one image). Of the planes that a
// block reads, some channels at a time are copied into a patch, with zeros where there is padding,
// so that every output finds tap t of channel c at one distance from its start. In a sorted patch
// columns are sorted by their remainder modulo the step, so that neighbouring outputs read
// neighbouring floats. Rows that no tap meets are left out if the kernel has one tap along their
// dimension.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_PATCH_H
#define PLIMSOLL_KERNELS_PATCH_H

#include "TapSum.h"

namespace plimsoll {

/// A block of outputs.
struct Block {
  int64_t plane, planes; ///< counted over images and the first dimension
  int64_t row, rows;     ///< of each plane
  int64_t column, width; ///< of each row

  int64_t outputs() const { return planes * rows * width; }
};

/// How outputs are cut into blocks, and how their patches lie in memory. All phases of a sum share
/// them.
class Patch {
public:
  /// `most`: outputs of a block, at least one. `channels` are copied at a time. `sorted`:
  /// neighbouring outputs read neighbouring floats.
  Patch(const TapSum &sum, int64_t most, int64_t channels, bool sorted);

  int64_t blocks() const { return planeBlocks * rowBlocks * columnBlocks; }
  Block block(int64_t index) const;
  /// Returns the most outputs that a block has, the most rows, and the most vectors of eight of a
  /// row.
  int64_t outputs() const { return planes * rows * width; }
  int64_t rowsOfBlock() const { return planes * rows; }
  int64_t vectors() const { return planes * rows * ((width + 7) / 8); }
  /// Returns the floats of a patch, including those behind it that vectors may read.
  int64_t floats() const { return planes * planePitch + kSlack; }

  /// Copies channels [first, first + count) of a block to `patch`. `x` is the first channel of the
  /// group in image 0; images are `imageStride` floats apart.
  void copy(const Block &block, const float *x, int64_t imageStride, int64_t first, int64_t count,
            float *patch) const;

  /// Writes where each output of a block starts in its patch, and repeats the last up to a multiple
  /// of `padding`. Returns how many outputs there are.
  int64_t starts(const Block &block, int64_t padding, int32_t *to) const;
  /// Returns where a row of a plane of a block starts in its patch.
  int64_t start(int64_t plane, int64_t row) const {
    return plane * planePitch + row * rowStep * rowPitch;
  }

  /// Writes how far (channel, tap) pairs [first, first + count) of a phase are from an output's
  /// start, where the patch begins with channel `channel`. Taps run fastest.
  void distances(const TapSum &phase, int64_t channel, int64_t first, int64_t count,
                 int32_t *to) const;

private:
  static constexpr int64_t kSlack = 16;

  void copySorted(const float *row, int64_t column, float *to) const;

  TapSum sum;                  ///< the first phase
  int64_t planes, rows, width; ///< of a block
  int64_t planeBlocks, rowBlocks, columnBlocks;
  int64_t rowStep;              ///< of neighbouring outputs, in rows that are copied
  int64_t copyStep, columnStep; ///< of columns: from one to the next of a remainder; of outputs
  int64_t period;               ///< after how many taps remainders of columns repeat
  int64_t phases;               ///< how many remainders there are
  int64_t phasePitch, rowPitch, slicePitch, channelPitch, planePitch;
};

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_PATCH_H
