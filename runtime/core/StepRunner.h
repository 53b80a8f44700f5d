//===- StepRunner.h - prepares or runs the launches of a timeline -----------===//
#ifndef PLIMSOLL_CORE_STEPRUNNER_H
#define PLIMSOLL_CORE_STEPRUNNER_H

#include "Choices.h"
#include "plimsoll/Stepper.h"

namespace plimsoll {

/// Work that a device does before and after launches. Not every device has hooks.
class LaunchHooks {
public:
  virtual void before(int /*launch*/) {}
  virtual void after(int /*launch*/) {}
  /// Sets bytes of the arena to `value`, after the launches so far and before the next ones.
  virtual void fill(void *bytes, int value, uint64_t count) = 0;

protected:
  ~LaunchHooks() = default;
};

/// Walks through the launches of a timeline, and prepares or runs each. `observer` (null in normal
/// operation) is called after each launch that ran.
class StepRunner final : public Stepper {
public:
  using Observer = void (*)(void *context, int launch);

  int threads = 1;
  void **handles = nullptr; ///< one per launch of this timeline
  void *stream = nullptr;
  LaunchHooks *hooks = nullptr; ///< null: launches run at once, in the memory of the process
  bool preparing = false;
  Choices *choices = nullptr;  ///< while preparing
  const char *error = nullptr; ///< first error while preparing
  int errorLaunch = -1;
  Observer observer = nullptr;
  void *observerContext = nullptr;

  void begin() override { launch = 0; }
  void poison(uint64_t offset, uint64_t bytes) override;

private:
  int launch = 0;
  void runNumbers(const Kernel &kernel, std::initializer_list<void *> buffers,
                  const LaunchNumbers &numbers, int64_t workspaceBytes) override;
  void runLoop(void (*loop)(const Launch &), std::initializer_list<void *> buffers) override;
  void *prepared(const Kernel &kernel, const LaunchNumbers &numbers, int64_t workspaceBytes,
                 const char **message);
  void start() {
    if (hooks)
      hooks->before(launch);
  }
  void finish() {
    if (hooks)
      hooks->after(launch);
    if (observer)
      observer(observerContext, launch);
    ++launch;
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_STEPRUNNER_H
