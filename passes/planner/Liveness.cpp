//===- Liveness.cpp ---------------------------------------------------------------------===//

#include "passes/planner/Liveness.h"

#include <algorithm>
#include <limits>

namespace plimsoll::planner {

Liveness::Flat::Flat(const RematGraph &graph) {
  inputStart.push_back(0);
  outputStart.push_back(0);
  slotStart.push_back(0);
  for (const RematGraph::Node &node : graph.nodes) {
    input.insert(input.end(), node.inputs.begin(), node.inputs.end());
    output.insert(output.end(), node.outputs.begin(), node.outputs.end());
    inputStart.push_back(static_cast<int32_t>(input.size()));
    outputStart.push_back(static_cast<int32_t>(output.size()));
    for (const int32_t v : node.outputs) {
      for (const RematGraph::Pair &pair : node.inPlace)
        if (pair.output == v)
          slot.push_back(static_cast<int32_t>(
              std::find(node.inputs.begin(), node.inputs.end(), pair.input) - node.inputs.begin()));
      slotStart.push_back(static_cast<int32_t>(slot.size()));
    }
  }
}

Liveness::Liveness(const RematGraph &graph) : graph(graph), flat(graph) {}

void Liveness::begin(int32_t v, int32_t position) {
  previous.push_back(latest[v]);
  latest[v] = static_cast<int32_t>(born.size());
  value.push_back(v);
  born.push_back(position);
  last.push_back(std::max(0, position));
}

void Liveness::run(const std::vector<int32_t> &nodes) {
  sequence = nodes;
  latest.assign(graph.bytes.size(), none);
  firstRun.assign(graph.nodes.size(), none);
  for (auto *array : {&value, &born, &last, &previous, &firstOutput, &readInstance, &readStart})
    array->clear();
  cost = 0;
  for (int32_t v : graph.liveAtStart)
    begin(v, -1);
  for (int32_t p = 0; p < length(); ++p) {
    const int32_t node = sequence[p];
    readStart.push_back(static_cast<int32_t>(readInstance.size()));
    for (int32_t k = flat.inputStart[node]; k < flat.inputStart[node + 1]; ++k) {
      const int32_t i = latest[flat.input[k]];
      readInstance.push_back(i);
      last[i] = p;
    }
    firstOutput.push_back(instances());
    for (int32_t k = flat.outputStart[node]; k < flat.outputStart[node + 1]; ++k)
      begin(flat.output[k], p);
    if (firstRun[node] == none)
      firstRun[node] = p;
    cost += graph.nodes[node].cost;
  }
  readStart.push_back(static_cast<int32_t>(readInstance.size()));
  for (int32_t v : graph.liveAtEnd)
    if (latest[v] != none)
      last[latest[v]] = length();
  collectUses();
  addMemory();
}

void Liveness::collectUses() {
  useStart.assign(instances() + 1, 0);
  for (int32_t i : readInstance)
    ++useStart[i + 1];
  for (int32_t i = 0; i < instances(); ++i)
    useStart[i + 1] += useStart[i];
  uses.resize(readInstance.size());
  cursor.assign(useStart.begin(), useStart.end() - 1);
  for (int32_t p = 0; p < length(); ++p)
    for (int32_t k = readStart[p]; k < readStart[p + 1]; ++k)
      uses[cursor[readInstance[k]]++] = p;
}

void Liveness::addMemory() {
  memory.assign(length() + 1, 0);
  own.assign(length(), 0);
  taken.assign(instances(), 0);
  for (int32_t p = 0; p < length(); ++p) {
    const int32_t node = sequence[p];
    const int64_t workspace = graph.nodes[node].workspace;
    own[p] = workspace;
    memory[p] += workspace;
    memory[p + 1] -= workspace;
    int32_t i = firstOutput[p];
    for (int32_t k = flat.outputStart[node]; k < flat.outputStart[node + 1]; ++k, ++i) {
      int32_t from = p;
      for (int32_t s = flat.slotStart[k]; s < flat.slotStart[k + 1]; ++s) {
        const int32_t in = readInstance[readStart[p] + flat.slot[s]];
        if (last[in] == p && !taken[in]) {
          taken[in] = 1;
          from = p + 1;
          break;
        }
      }
      const int64_t bytes = graph.bytes[flat.output[k]];
      own[p] += from == p ? bytes : 0;
      if (from <= last[i]) {
        memory[from] += bytes;
        memory[std::min(last[i], length() - 1) + 1] -= bytes;
      }
    }
  }
  for (size_t k = 0; k < graph.liveAtStart.size(); ++k) {
    memory[0] += graph.bytes[graph.liveAtStart[k]];
    memory[std::min(last[k], length() - 1) + 1] -= graph.bytes[graph.liveAtStart[k]];
  }
  int64_t sum = graph.constantBytes;
  peak = sum;
  peakPosition = 0;
  blockMax.assign(length() / block + 1, std::numeric_limits<int64_t>::min());
  for (int32_t p = 0; p < length(); ++p) {
    memory[p] = sum += memory[p];
    blockMax[p / block] = std::max(blockMax[p / block], sum);
    if (sum > peak) {
      peak = sum;
      peakPosition = p;
    }
  }
  memory.pop_back();
}

bool Liveness::isReadAt(int32_t i, int32_t position) const {
  const std::span<const int32_t> reads = readsOf(i);
  return std::binary_search(reads.begin(), reads.end(), position);
}

int32_t Liveness::latestBefore(int32_t v, int32_t position) const {
  int32_t i = latest[v];
  while (i != none && born[i] >= position)
    i = previous[i];
  return i;
}

int64_t Liveness::maxMemory(int32_t from, int32_t to) const {
  int64_t most = std::numeric_limits<int64_t>::min();
  for (int32_t p = from; p < to;)
    if (p % block == 0 && p + block <= to) {
      most = std::max(most, blockMax[p / block]);
      p += block;
    } else {
      most = std::max(most, memory[p++]);
    }
  return most;
}

int32_t Liveness::countAbove(int32_t from, int32_t to, int64_t bytes) const {
  int32_t count = 0;
  for (int32_t p = from; p < to;) {
    const int32_t end = std::min(to, (p / block + 1) * block);
    if (blockMax[p / block] > bytes)
      for (int32_t q = p; q < end; ++q)
        count += memory[q] > bytes;
    p = end;
  }
  return count;
}

} // namespace plimsoll::planner
