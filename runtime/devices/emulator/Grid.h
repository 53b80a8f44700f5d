//===- Grid.h - one block: its threads, on fibers ---------------------------===//
//
// A fiber runs one thread after another until one has to wait; only then does the next fiber
// begin. So a kernel without barriers runs on a single fiber, without a switch. The last thread
// to arrive at a barrier releases the others and continues.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_EMULATOR_GRID_H
#define PLIMSOLL_EMULATOR_GRID_H

#include "Memory.h"
#include "plimsoll/cuda/Emulator.h"

#include <boost/context/fiber.hpp>
#include <memory>
#include <string>
#include <vector>

namespace plimsoll::emulator {

class Block {
public:
  using Thread = void (*)(void *context);

  /// Runs all threads of one block to their end, or up to a divergence.
  void run(Thread thread, void *context, unsigned threads);

  void waitForBlock(Site site);
  uint64_t waitForWarp(Meeting meeting, unsigned mask, uint64_t word, int source, Site site);
  unsigned current() const { return thread; }

private:
  struct Worker {
    boost::context::fiber fiber;
    unsigned thread = 0;
  };
  enum class State { unborn, runs, waits, returned };
  struct ThreadState {
    State state;
    Meeting meeting;
    Site site;
    unsigned mask;
    uint64_t word; ///< the word that the thread passes, then the one that it gets
    int source;
    uint32_t time;
    Worker *worker;
  };
  /// Lanes of one warp that wait for each other.
  struct Party {
    unsigned warp, mask, arrived;
  };

  boost::context::fiber work(boost::context::fiber &&back, Worker *worker);
  void begin(unsigned index);
  void resume(Worker *worker);
  void wait();
  void release(unsigned index);
  void finish(const Party &party);
  static void multiply(ThreadState *lanes);
  void diverge(const std::string &place, const std::string &what);
  void tellStuck();
  std::string waitingThreads();

  Thread body = nullptr;
  void *context = nullptr;
  unsigned count = 0, next = 0, live = 0, atBarrier = 0, firstAtBarrier = 0, thread = 0;
  bool abandoned = false;
  std::vector<ThreadState> threads;
  std::vector<unsigned> ready; ///< released threads, last first
  std::vector<Party> parties;
  std::vector<std::unique_ptr<Worker>> workers; ///< all workers
  std::vector<Worker *> idle;
  boost::context::fiber scheduler;
};

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_GRID_H
