//===- CalibrationNets.h - the networks that calibration trains ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H
#define PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H

#include <string>
#include <vector>

namespace plimsoll::pipeline {

struct CalibrationNet {
  std::string name;    ///< with its size, for progress messages
  std::string text;    ///< a module of the nn dialect, like the importer's
  bool merges = false; ///< has ops for several of which there is one kernel
};

/// Returns networks with the layers of common models, from a size that fits into a cache to one
/// that does not.
std::vector<CalibrationNet> calibrationNets();

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H
