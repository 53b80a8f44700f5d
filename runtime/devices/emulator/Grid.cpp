#include "Grid.h"

#include "Faults.h"
#include "Launch.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace plimsoll::emulator {
namespace {

constexpr size_t kStack = 64 * 1024;
constexpr unsigned kMostThreads = 1024, kMostBlocksYZ = 65535;

Block &block = *new Block; // its fibers are not unwound at exit
uint32_t blocks = 0;       // blocks that have run so far

uint3 coordinates(unsigned index, dim3 shape) {
  return {index % shape.x, index / shape.x % shape.y, index / shape.x / shape.y};
}

std::string text(uint3 at) {
  return std::string("(") + std::to_string(at.x) + "," + std::to_string(at.y) + "," +
         std::to_string(at.z) + ")";
}

std::string lineOf(Site site) {
  std::string file = site.file;
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(site.line);
}

std::string lineOf(Meeting meeting, Site site) {
  const char *names[] = {"__syncthreads", "__syncwarp", "a shuffle", "a vote", "a matrix product"};
  return std::string(names[static_cast<int>(meeting)]) + " at " + lineOf(site);
}

bool sameSite(Site a, Site b) {
  return a.line == b.line && !std::strcmp(a.file, b.file);
}

uint32_t laterThan(uint32_t time) {
  if (time < kMostTime)
    return time + 1;
  std::fprintf(stderr, "emulator: %s: more than %u barriers in one block\n", launchName().c_str(),
               kMostTime);
  std::exit(1);
}

} // namespace

std::string nameOf(Stamp stamp) {
  return "block " + text(coordinates(blockOf(stamp) - running.firstBlock, gridDim)) + ", thread " +
         text(coordinates(threadOf(stamp), blockDim));
}

int currentLane() {
  return static_cast<int>(block.current() % 32);
}
void waitForBlock(Site site) {
  block.waitForBlock(site);
}
uint64_t waitForWarp(Meeting meeting, unsigned mask, uint64_t word, int source, Site site) {
  return block.waitForWarp(meeting, mask, word, source, site);
}

void multiplyMatrices(MatrixFragments &fragments, Site site) {
  if (block.current() / 32 * 32 + 32 > blockDim.x * blockDim.y * blockDim.z)
    addFault(FaultKind::launch, lineOf(site),
             lineOf(Meeting::matrix, site) + " by a warp of fewer than 32 threads");
  else
    block.waitForWarp(Meeting::matrix, ~0u, reinterpret_cast<uint64_t>(&fragments), 0, site);
}

void Block::begin(unsigned index) {
  thread = index;
  threadIdx = coordinates(index, blockDim);
  running.stamp = stampOf(running.block, threads[index].time, index);
}

/// The life of a fiber: threads, one after the other.
boost::context::fiber Block::work(boost::context::fiber &&back, Worker *worker) {
  scheduler = std::move(back);
  for (;;) {
    while (next < count) {
      unsigned index = next++;
      worker->thread = index;
      threads[index].worker = worker;
      threads[index].state = State::runs;
      begin(index);
      body(context);
      threads[thread].state = State::returned;
      --live;
    }
    idle.push_back(worker);
    scheduler = std::move(scheduler).resume();
  }
}

void Block::resume(Worker *worker) {
  if (!worker->fiber)
    worker->fiber = boost::context::fiber(
        std::allocator_arg, boost::context::fixedsize_stack(kStack),
        [this, worker](boost::context::fiber &&back) { return work(std::move(back), worker); });
  worker->fiber = std::move(worker->fiber).resume();
}

void Block::run(Thread threadBody, void *threadContext, unsigned threadCount) {
  body = threadBody, context = threadContext;
  count = live = threadCount;
  next = atBarrier = 0;
  abandoned = false;
  threads.assign(count, {});
  parties.clear();
  running.barrierTime = 0;
  while (!abandoned) {
    if (!ready.empty()) {
      unsigned index = ready.back();
      ready.pop_back();
      threads[index].state = State::runs;
      begin(index);
      resume(threads[index].worker);
    } else if (next < count) {
      if (idle.empty()) {
        workers.push_back(std::make_unique<Worker>());
        idle.push_back(workers.back().get());
      }
      Worker *worker = idle.back();
      idle.pop_back();
      resume(worker);
    } else {
      break;
    }
  }
  if (live > 0 && !abandoned)
    tellStuck();
  if (live > 0) { // threads that still wait can never end: unwind them
    idle.clear();
    workers.clear();
    ready.clear();
  }
  running.stamp = 0;
}

/// Lets other threads run until the event that this one waits for has happened.
void Block::wait() {
  unsigned index = thread;
  threads[index].state = State::waits;
  scheduler = std::move(scheduler).resume();
}

void Block::release(unsigned index) {
  if (index != thread)
    ready.push_back(index);
  else
    threads[index].state = State::runs;
}

/// Reports a divergence and ends the block: no thread of it can continue.
void Block::diverge(const std::string &place, const std::string &what) {
  addFault(FaultKind::divergence, place, what);
  abandoned = true;
  wait();
}

void Block::waitForBlock(Site site) {
  ThreadState &own = threads[thread];
  own.meeting = Meeting::block, own.site = site;
  if (atBarrier == 0)
    firstAtBarrier = thread;
  if (Site other = threads[firstAtBarrier].site; !sameSite(other, site))
    return diverge(lineOf(site), "waits in " + lineOf(Meeting::block, site) + " while thread " +
                                     text(coordinates(firstAtBarrier, blockDim)) + " waits in " +
                                     lineOf(Meeting::block, other) +
                                     ": every thread must come to the same barrier");
  if (++atBarrier < count)
    return wait();
  atBarrier = 0;
  uint32_t latest = 0;
  for (const ThreadState &each : threads)
    latest = std::max(latest, each.time);
  running.barrierTime = laterThan(latest);
  for (unsigned i = count; i-- > 0;) {
    threads[i].time = running.barrierTime;
    release(i);
  }
  begin(thread);
}

uint64_t Block::waitForWarp(Meeting meeting, unsigned mask, uint64_t word, int source, Site site) {
  ThreadState &own = threads[thread];
  unsigned warp = thread / 32, lane = thread % 32;
  unsigned lanes = std::min(32u, count - warp * 32);
  // Masks name all 32 lanes even if the block's last warp has fewer.
  unsigned there = mask & (lanes == 32 ? ~0u : (1u << lanes) - 1);
  own.meeting = meeting, own.site = site, own.mask = there, own.word = word, own.source = source;
  if (!(mask >> lane & 1)) {
    diverge(lineOf(site), "calls " + lineOf(meeting, site) + " with a mask of other lanes, " +
                              hexadecimal(mask) + ": the caller must be one of them");
    return 0;
  }
  auto party = std::find_if(parties.begin(), parties.end(),
                            [&](const Party &p) { return p.warp == warp && p.mask == there; });
  if (party == parties.end())
    party = parties.insert(party, {warp, there, 0});
  if (party->arrived) {
    const ThreadState &first = threads[warp * 32 + std::countr_zero(party->arrived)];
    if (first.meeting != meeting || !sameSite(first.site, site)) {
      diverge(lineOf(site), "is in " + lineOf(meeting, site) + " while another lane is in " +
                                lineOf(first.meeting, first.site) +
                                ": the lanes of a mask must call the same");
      return 0;
    }
  }
  party->arrived |= 1u << lane;
  if (party->arrived == there) {
    Party complete = *party;
    parties.erase(party);
    finish(complete);
    begin(thread);
  } else {
    wait();
  }
  return threads[thread].word;
}

/// Returns number `part` of a word of a fragment.
float numberOf(uint32_t word, int part, bool pairs) {
  return std::bit_cast<float>(!pairs ? word : part ? word & 0xffff0000u : word << 16);
}

/// Multiplies the matrices that the lanes' fragments make up.
void Block::multiply(ThreadState *lanes) {
  auto fragmentsOf = [&](int lane) {
    return *reinterpret_cast<const MatrixFragments *>(lanes[lane].word);
  };
  const bool pairs = fragmentsOf(0).format == MatrixFragments::bf16;
  const int terms = pairs ? 2 : 1, depth = 8 * terms;
  float a[16][16], b[16][8];
  for (int lane = 0; lane < 32; ++lane) {
    const MatrixFragments fragments = fragmentsOf(lane);
    int row = lane / 4, term = lane % 4 * terms;
    for (int part = 0; part < terms; ++part) {
      for (int i = 0; i < 4; ++i)
        a[row + i % 2 * 8][term + part + i / 2 * depth / 2] = numberOf(fragments.a[i], part, pairs);
      for (int i = 0; i < 2; ++i)
        b[term + part + i * depth / 2][row] = numberOf(fragments.b[i], part, pairs);
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    float *c = fragmentsOf(lane).c;
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < depth; ++k)
        c[i] += a[lane / 4 + i / 2 * 8][k] * b[k][lane % 4 * 2 + i % 2];
  }
}

/// Called when all lanes have arrived: gives each its result.
void Block::finish(const Party &party) {
  unsigned base = party.warp * 32;
  ThreadState *lanes = threads.data() + base;
  Meeting meeting = lanes[std::countr_zero(party.mask)].meeting;
  uint64_t words[32] = {}, votes = 0;
  uint32_t latest = 0;
  for (unsigned rest = party.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    words[lane] = lanes[lane].word;
    votes |= uint64_t(words[lane] != 0) << lane;
    latest = std::max(latest, lanes[lane].time);
  }
  if (meeting == Meeting::matrix)
    multiply(lanes);
  for (int lane = 31; lane >= 0; --lane) {
    if (!(party.mask >> lane & 1))
      continue;
    ThreadState &each = lanes[lane];
    if (meeting == Meeting::shuffle && !(party.mask >> each.source & 1))
      addFault(FaultKind::divergence, lineOf(each.site),
               "lane " + std::to_string(lane) + " takes the value of lane " +
                   std::to_string(each.source) + " in " + lineOf(meeting, each.site) +
                   ", which takes no part: its value is undefined");
    if (meeting == Meeting::shuffle)
      each.word = words[each.source];
    if (meeting == Meeting::vote)
      each.word = votes;
    if (meeting == Meeting::warp)
      each.time = laterThan(latest);
    release(base + lane);
  }
}

/// Returns "threads (0,0,0) to (63,0,0) wait in __syncthreads at X.cu:12; 64 have returned".
std::string Block::waitingThreads() {
  std::string result;
  unsigned returned = 0;
  for (unsigned i = 0; i < count; ++i) {
    const ThreadState &each = threads[i];
    if (each.state == State::returned) {
      ++returned;
      continue;
    }
    unsigned last = i;
    while (last + 1 < count && threads[last + 1].state == State::waits &&
           threads[last + 1].meeting == each.meeting && sameSite(threads[last + 1].site, each.site))
      ++last;
    if (result.size() < 400)
      result += (result.empty() ? "threads " : "; ") + text(coordinates(i, blockDim)) + " to " +
                text(coordinates(last, blockDim)) + " wait in " + lineOf(each.meeting, each.site);
    i = last;
  }
  return returned ? result + "; " + std::to_string(returned) + " have returned" : result;
}

void Block::tellStuck() {
  auto waits = std::find_if(threads.begin(), threads.end(),
                            [](const ThreadState &t) { return t.state == State::waits; });
  begin(static_cast<unsigned>(waits - threads.begin()));
  addFault(FaultKind::divergence, lineOf(waits->site),
           waitingThreads() + ": all threads (of a mask) must come to the same barrier");
}

void runGrid(dim3 grid, dim3 shape, void (*thread)(void *), void *context) {
  uint64_t total = uint64_t(grid.x) * grid.y * grid.z;
  unsigned count = shape.x * shape.y * shape.z;
  if (total == 0)
    return;
  if (!memory.span) {
    std::fprintf(stderr, "emulator: a launch without an arena\n");
    std::exit(1);
  }
  bool own = !launchIsOpen();
  if (own)
    beginLaunch("kernel");
  running = {0, 0, blocks + 1, 0};
  gridDim = grid, blockDim = shape;
  forgetSharedArrays();
  if (count == 0 || count > kMostThreads || grid.y > kMostBlocksYZ || grid.z > kMostBlocksYZ)
    addFault(FaultKind::launch, "grid",
             "grid (" + std::to_string(grid.x) + "," + std::to_string(grid.y) + "," +
                 std::to_string(grid.z) + ") of " + std::to_string(count) +
                 " threads: at most 1,024 threads, and 65,535 blocks in y and z");
  else
    for (uint64_t i = 0; i < total; ++i) {
      running.block = ++blocks;
      blockIdx = {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                  static_cast<unsigned>(i / grid.x / grid.y)};
      emptySharedArrays();
      block.run(thread, context, count);
    }
  if (own)
    endLaunch();
}

template <AtomicWord T> static T noted(T *address) {
  size_t offset = static_cast<size_t>(reinterpret_cast<std::byte *>(address) - memory.base);
  if (offset < memory.span) {
    ++accesses;
    access(Kind::atomic, offset, sizeof(T), __builtin_return_address(0));
  }
  return *address;
}

template <AtomicWord T> T atomic(AtomicOp op, T *address, T value) {
  T old = noted(address);
  switch (op) {
  case AtomicOp::add:
    *address = static_cast<T>(static_cast<unsigned long long>(old) + value);
    break;
  case AtomicOp::least:
    *address = std::min(old, value);
    break;
  case AtomicOp::most:
    *address = std::max(old, value);
    break;
  case AtomicOp::exchange:
    *address = value;
    break;
  case AtomicOp::all:
    *address = old & value;
    break;
  case AtomicOp::any:
    *address = old | value;
    break;
  }
  return old;
}

template <AtomicWord T> T atomicCompareAndSwap(T *address, T wanted, T value) {
  T old = noted(address);
  if (old == wanted)
    *address = value;
  return old;
}

template int atomic(AtomicOp, int *, int);
template unsigned atomic(AtomicOp, unsigned *, unsigned);
template unsigned long long atomic(AtomicOp, unsigned long long *, unsigned long long);
template int atomicCompareAndSwap(int *, int, int);
template unsigned atomicCompareAndSwap(unsigned *, unsigned, unsigned);
template unsigned long long atomicCompareAndSwap(unsigned long long *, unsigned long long,
                                                 unsigned long long);

} // namespace plimsoll::emulator
