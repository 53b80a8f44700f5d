//===- CalibrationNets.h - the networks that calibration trains ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H
#define PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H

#include <string>
#include <vector>

namespace plimsoll::pipeline {

struct CalibrationNet {
  std::string name; ///< with its size, for people
  std::string text; ///< a module of the nn dialect, as the importer would make it
};

/// Networks whose layers are those of the models that people train, from a size that a
/// cache holds to one that it does not.
std::vector<CalibrationNet> calibrationNets();

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_CALIBRATIONNETS_H
