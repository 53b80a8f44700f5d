//===- CheckMachine.cpp - what is wrong with a problem's spaces and resources --===//

#include "passes/planner/CheckMachine.h"

#include <cmath>

namespace plimsoll::planner {

namespace {

class MachineChecker {
public:
  MachineChecker(const Problem &problem, std::vector<std::string> &errors)
      : problem(problem), errors(errors) {}

  void run() {
    if (problem.spaces.empty())
      errors.push_back("there is no memory space; space 0 is the arena");
    for (const Space &space : problem.spaces)
      if (space.capacity < none)
        errors.push_back("space '" + space.name + "': its capacity is negative");
    if (problem.resources.empty())
      errors.push_back("there is no resource; resource 0 is the main stream");
    else if (problem.resources[0].space != 0)
      errors.push_back("resource '" + problem.resources[0].name +
                       "': the main stream does not work in the arena");
    for (const Resource &resource : problem.resources)
      checkResource(resource);
  }

private:
  bool known(SpaceId space) const { return space >= 0 && space < std::ssize(problem.spaces); }

  void checkResource(const Resource &resource) {
    const std::string where = "resource '" + resource.name + "': ";
    if (!known(resource.space))
      errors.push_back(where + "there is no space " + std::to_string(resource.space));
    for (size_t i = 0; i < resource.routes.size(); ++i)
      checkRoute(resource, i, where);
  }

  void checkRoute(const Resource &resource, size_t index, const std::string &where) {
    const Route &route = resource.routes[index];
    if (!known(route.from) || !known(route.to) || route.from == route.to)
      errors.push_back(where + "copies from space " + std::to_string(route.from) + " to space " +
                       std::to_string(route.to));
    if (!std::isfinite(route.bytesPerSecond) || route.bytesPerSecond <= 0)
      errors.push_back(where + "its bytes per second are not positive and finite");
    for (size_t other = 0; other < index; ++other)
      if (resource.routes[other].from == route.from && resource.routes[other].to == route.to)
        errors.push_back(where + "has a route twice");
  }

  const Problem &problem;
  std::vector<std::string> &errors;
};

} // namespace

void checkMachine(const Problem &problem, std::vector<std::string> &errors) {
  MachineChecker(problem, errors).run();
}

} // namespace plimsoll::planner
