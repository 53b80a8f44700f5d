//===- Dependences.cpp --------------------------------------------------------===//

#include "passes/planner/Dependences.h"

#include <algorithm>
#include <queue>

namespace plimsoll::planner {

namespace {

bool inRange(int32_t id, size_t size) {
  return id >= 0 && static_cast<size_t>(id) < size;
}

void sortUnique(std::vector<OpId> &ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

/// Makes every other reader of `value` run before `op`, which destroys it.
void addReadersBefore(Dependences &d, ValueId value, OpId op) {
  if (!inRange(value, d.readers.size()))
    return;
  for (OpId reader : d.readers[value])
    if (reader != op)
      d.before[op].push_back(reader);
  if (d.writer[value] != none && d.writer[value] != op)
    d.before[op].push_back(d.writer[value]);
}

} // namespace

Dependences::Dependences(const Problem &problem, const Timeline &timeline)
    : before(timeline.ops.size()), behind(timeline.ops.size()), writer(problem.values.size(), none),
      readers(problem.values.size()) {
  const OpId count = static_cast<OpId>(timeline.ops.size());
  for (OpId op = 0; op < count; ++op) {
    for (ValueId v : timeline.ops[op].writes)
      if (inRange(v, writer.size()))
        writer[v] = op;
    for (ValueId v : timeline.ops[op].reads)
      if (inRange(v, readers.size()))
        readers[v].push_back(op);
  }
  for (OpId op = 0; op < count; ++op) {
    for (ValueId v : timeline.ops[op].reads)
      if (inRange(v, writer.size()) && writer[v] != none)
        before[op].push_back(writer[v]);
    for (OpId earlier : timeline.ops[op].after)
      if (inRange(earlier, timeline.ops.size()))
        before[op].push_back(earlier);
    for (const Overwrite &overwrite : timeline.ops[op].overwrites)
      addReadersBefore(*this, overwrite.before, op);
    for (const InPlacePair &pair : timeline.ops[op].inPlace)
      if (pair.required)
        addReadersBefore(*this, pair.input, op);
    sortUnique(before[op]);
    for (OpId earlier : before[op])
      behind[earlier].push_back(op);
  }
}

std::vector<OpId> programOrder(const Timeline &timeline, const Dependences &dependences) {
  const OpId count = static_cast<OpId>(timeline.ops.size());
  std::vector<int32_t> waits(count);
  // Ready operations: those to run as soon as possible first, then in program order.
  using Entry = std::pair<OpId, OpId>; // priority, operation
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  auto push = [&](OpId op) {
    ready.push({timeline.ops[op].asSoonAsPossible ? op - count : op, op});
  };
  for (OpId op = 0; op < count; ++op) {
    waits[op] = static_cast<int32_t>(dependences.before[op].size());
    if (waits[op] == 0)
      push(op);
  }
  std::vector<OpId> order;
  while (!ready.empty()) {
    const OpId op = ready.top().second;
    ready.pop();
    order.push_back(op);
    for (OpId next : dependences.behind[op])
      if (--waits[next] == 0)
        push(next);
  }
  return order;
}

} // namespace plimsoll::planner
