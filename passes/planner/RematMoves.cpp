//===- RematMoves.cpp - the moves of recomputation ---------------------------------------===//

#include "passes/planner/RematMoves.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::planner {

void RematMoves::load(std::vector<int32_t> sequence) {
  live.run(sequence);
  work += live.length() + 100;
}

void RematMoves::refresh() {
  const int32_t length = live.length();
  excessSum.assign(length + 1, 0);
  excessCount.assign(length + 1, 0);
  for (int32_t p = 0; p < length; ++p) {
    const int64_t excess = std::max<int64_t>(0, live.memory[p] - budget);
    excessSum[p + 1] = excessSum[p] + static_cast<double>(excess);
    excessCount[p + 1] = excessCount[p] + (excess > 0);
  }
  change.assign(length + 1, 0);
  work += length;
}

bool RematMoves::fit(double costLimit, double noise, int32_t coneLimit,
                     const std::function<bool()> &stop) {
  const size_t lengthLimit = 6 * graph.nodes.size() + 200;
  while (live.peak > budget) {
    if (live.cost >= costLimit || live.sequence.size() > lengthLimit || stop())
      return false;
    refresh();
    const std::vector<Cut> cuts = bestCuts(noise, coneLimit);
    if (cuts.empty())
      return false;
    load(withCuts(cuts));
  }
  return true;
}

/// Collects the instances that are alive across the peak and not read there, the most promising
/// first.
void RematMoves::findCandidates(double noise) {
  candidates.clear();
  const int32_t peak = live.peakPosition;
  for (int32_t i = 0; i < live.instances(); ++i) {
    const int32_t node = graph.producer[live.value[i]];
    if (live.born[i] >= peak || live.last[i] <= peak || node == none)
      continue;
    const int64_t bytes = graph.bytes[live.value[i]];
    const std::span<const int32_t> reads = live.readsOf(i);
    const auto next = std::lower_bound(reads.begin(), reads.end(), peak);
    if (bytes == 0 || next == reads.end() || *next == peak)
      continue;
    Candidate c;
    c.instance = i;
    c.lastRead = next == reads.begin() ? live.born[i] : *std::prev(next);
    c.nextRead = *next;
    if (!canRun(node, c.nextRead))
      continue;
    c.noise = noise > 0 ? std::exp(noise * (random.real() - 0.5)) : 1;
    const double most = std::min(excessSum[c.nextRead] - excessSum[c.lastRead + 1],
                                 static_cast<double>(bytes) *
                                     (excessCount[c.nextRead] - excessCount[c.lastRead + 1]));
    c.optimistic = (graph.nodes[node].cost + 1e-9) / most * c.noise;
    candidates.push_back(c);
  }
  work += live.instances() / 4;
  std::sort(candidates.begin(), candidates.end());
}

/// Returns the best cut. For a large graph: the best of many that together remove about half of the
/// excess, so that the live bytes are replayed less often.
std::vector<RematMoves::Cut> RematMoves::bestCuts(double noise, int32_t coneLimit) {
  findCandidates(noise);
  const bool large = graph.nodes.size() > 1500;
  std::vector<Cut> cuts;
  Cut best;
  for (const Candidate &candidate : candidates) {
    if (large ? cuts.size() >= 64 : candidate.optimistic >= best.score)
      break;
    if (large)
      best = Cut();
    growCone(candidate, noise, coneLimit, best);
    if (large && best.before != none)
      cuts.push_back(best);
  }
  if (!large && best.before != none)
    cuts.push_back(std::move(best));
  std::sort(cuts.begin(), cuts.end(), [](const Cut &a, const Cut &b) {
    return std::pair(a.score, a.before) < std::pair(b.score, b.before);
  });
  int64_t tooMuch = (live.peak - budget) / 2;
  size_t count = 0;
  while (count < cuts.size() && (count == 0 || tooMuch > 0))
    tooMuch -= cuts[count++].bytes;
  cuts.resize(count);
  return cuts;
}

std::vector<int32_t> RematMoves::withCuts(std::vector<Cut> cuts) const {
  std::stable_sort(cuts.begin(), cuts.end(),
                   [](const Cut &a, const Cut &b) { return a.before < b.before; });
  std::vector<int32_t> sequence;
  auto cut = cuts.begin();
  for (int32_t p = 0; p < live.length(); ++p) {
    for (; cut != cuts.end() && cut->before == p; ++cut)
      sequence.insert(sequence.end(), cut->cone.begin(), cut->cone.end());
    sequence.push_back(live.sequence[p]);
  }
  return sequence;
}

bool RematMoves::canRun(int32_t node, int32_t before) const {
  if (!graph.nodes[node].recomputable)
    return false;
  for (int32_t destroyer : graph.nodes[node].deadlines)
    if (live.firstRun[destroyer] < before)
      return false;
  return true;
}

void RematMoves::growCone(const Candidate &candidate, double noise, int32_t coneLimit, Cut &best) {
  cone = {graph.producer[live.value[candidate.instance]]};
  ++coneNumber;
  stamp[cone[0]] = coneNumber;
  double cost = graph.nodes[cone[0]].cost;
  for (int32_t grown = 0; grown < coneLimit; ++grown) {
    if (!findExtended(candidate.nextRead))
      return;
    const double freed = gain(candidate);
    if (freed > 0) {
      std::sort(cone.begin(), cone.end(),
                [&](int32_t a, int32_t b) { return live.firstRun[a] < live.firstRun[b]; });
      const double net = freed - insertionExcess(candidate, candidate.nextRead);
      const double score = (cost + 1e-9) / net * candidate.noise;
      if (net > 0 && score < best.score)
        best = {candidate.nextRead, cone, score, graph.bytes[live.value[candidate.instance]]};
    }
    if (extended.empty())
      return;
    const int32_t node = mostInTheWay(candidate, noise);
    if (node == none)
      return;
    cone.push_back(node);
    stamp[node] = coneNumber;
    cost += graph.nodes[node].cost;
    if (best.score < 1e300 &&
        (cost + 1e-9) * candidate.optimistic >=
            best.score * (graph.nodes[graph.producer[live.value[candidate.instance]]].cost + 1e-9))
      return; // even the best possible gain does not pay for this cone
  }
}

/// Collects the inputs of the cone that are dead before `before` and would have to live until
/// there.
bool RematMoves::findExtended(int32_t before) {
  extended.clear();
  for (int32_t node : cone)
    for (int32_t v : graph.nodes[node].inputs) {
      if (const int32_t maker = graph.producer[v]; maker != none && stamp[maker] == coneNumber)
        continue;
      const int32_t i = live.latestBefore(v, before);
      if (i == none)
        return false;
      if (live.last[i] >= before)
        continue;
      const bool known = std::any_of(extended.begin(), extended.end(),
                                     [&](const Extended &e) { return e.instance == i; });
      if (!known)
        extended.push_back({i, live.last[i] + 1});
    }
  work += static_cast<int64_t>(4 * cone.size() + 4);
  return true;
}

/// Returns the bytes above the budget that the cut removes, summed over positions; 0 if the peak
/// does not fall.
double RematMoves::gain(const Candidate &candidate) {
  const int32_t peak = live.peakPosition, end = candidate.nextRead;
  const int64_t bytes = graph.bytes[live.value[candidate.instance]];
  int32_t begin = candidate.lastRead + 1;
  int64_t atPeak = -bytes;
  for (const Extended &e : extended) {
    begin = std::min(begin, e.from);
    if (e.from <= peak)
      atPeak += graph.bytes[live.value[e.instance]];
  }
  if (atPeak >= 0)
    return 0;
  change[candidate.lastRead + 1] -= bytes;
  for (const Extended &e : extended)
    change[e.from] += graph.bytes[live.value[e.instance]];
  double gained = 0;
  int64_t sum = 0;
  for (int32_t p = begin; p < end; ++p) {
    sum += change[p];
    change[p] = 0;
    if (sum == 0)
      continue;
    const int64_t was = std::max<int64_t>(0, live.memory[p] - budget);
    const int64_t is = std::max<int64_t>(0, live.memory[p] + sum - budget);
    gained += static_cast<double>(was - is);
  }
  work += (end - begin) / 8 + 1;
  return gained;
}

/// Returns the bytes above the budget while the cone itself runs, summed over its nodes.
double RematMoves::insertionExcess(const Candidate &candidate, int32_t before) {
  int64_t bytes =
      live.memory[before] - live.own[before] - graph.bytes[live.value[candidate.instance]];
  for (const Extended &e : extended)
    bytes += graph.bytes[live.value[e.instance]];
  for (int32_t node : cone)
    for (int32_t v : graph.nodes[node].inputs)
      lastUse[v] = node;
  double excess = 0;
  const int32_t wanted = live.value[candidate.instance];
  for (int32_t node : cone) {
    const RematGraph::Node &n = graph.nodes[node];
    for (int32_t v : n.outputs)
      bytes += graph.bytes[v];
    excess += static_cast<double>(std::max<int64_t>(0, bytes + n.workspace - budget));
    for (int32_t v : n.inputs)
      if (const int32_t maker = graph.producer[v];
          maker != none && stamp[maker] == coneNumber && lastUse[v] == node && v != wanted)
        bytes -= graph.bytes[v];
  }
  return excess;
}

/// Returns the node that makes the extended input which takes the most room: it joins the cone
/// next.
int32_t RematMoves::mostInTheWay(const Candidate &candidate, double noise) {
  const int64_t bytes = graph.bytes[live.value[candidate.instance]];
  double most = -1;
  int32_t best = none;
  for (const Extended &e : extended) {
    const int32_t node = graph.producer[live.value[e.instance]];
    if (node == none || !canRun(node, candidate.nextRead))
      continue;
    const double size = static_cast<double>(graph.bytes[live.value[e.instance]]);
    const int64_t threshold = budget + bytes - graph.bytes[live.value[e.instance]];
    double room = size * (1e-3 + live.countAbove(e.from, candidate.nextRead, threshold));
    work += (candidate.nextRead - e.from) / 16 + 1;
    if (e.from <= live.peakPosition)
      room *= 4;
    if (noise > 0)
      room *= std::exp(noise * (random.real() - 0.5));
    if (room > most) {
      most = room;
      best = node;
    }
  }
  return best;
}

std::vector<int32_t> RematMoves::copies() const {
  std::vector<int32_t> positions;
  for (int32_t p = 0; p < live.length(); ++p)
    if (live.firstRun[live.sequence[p]] != p)
      positions.push_back(p);
  return positions;
}

void RematMoves::remove(const std::vector<char> &removed) {
  std::vector<int32_t> kept;
  for (int32_t p = 0; p < live.length(); ++p)
    if (!removed[p])
      kept.push_back(live.sequence[p]);
  load(std::move(kept));
}

void RematMoves::dropUnread() {
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<char> removed(live.length(), 0);
    for (int32_t p : copies()) {
      bool read = false;
      const int32_t count = static_cast<int32_t>(graph.nodes[live.sequence[p]].outputs.size());
      for (int32_t i = live.firstOutput[p]; i < live.firstOutput[p] + count; ++i)
        read = read || !live.readsOf(i).empty() || live.last[i] == live.length();
      if (!read)
        removed[p] = changed = true;
    }
    if (changed)
      remove(removed);
  }
}

/// True if the budget holds when the readers of the copy at `position` read the preceding instance
/// instead. Inputs that only the copy reads die earlier then.
bool RematMoves::canDrop(int32_t position) {
  const RematGraph::Node &node = graph.nodes[live.sequence[position]];
  marks.clear();
  auto mark = [&](int32_t from, int32_t to, int64_t bytes) {
    if (from < to) {
      marks.push_back({from, bytes});
      marks.push_back({to, -bytes});
    }
  };
  for (size_t k = 0; k < node.outputs.size(); ++k) {
    const int32_t i = live.firstOutput[position] + static_cast<int32_t>(k);
    const int32_t before = live.previous[i];
    const int64_t bytes = graph.bytes[node.outputs[k]];
    if (!live.readsOf(i).empty() || live.last[i] == live.length())
      mark(live.last[before] + 1, position, bytes);
    else
      mark(position, position + 1, -bytes);
  }
  for (int32_t i : live.readBy(position))
    if (live.last[i] == position) {
      const std::span<const int32_t> reads = live.readsOf(i);
      const int32_t from = reads.size() < 2 ? live.born[i] : reads[reads.size() - 2];
      mark(std::max(0, from + 1), position + 1, -graph.bytes[live.value[i]]);
    }
  if (marks.empty())
    return true;
  std::sort(marks.begin(), marks.end());
  work += (marks.back().first - marks.front().first) / 16 + 1;
  int64_t sum = 0;
  for (size_t k = 0; k + 1 < marks.size(); ++k) {
    sum += marks[k].second;
    // The copy's own position disappears, so its bytes do not count.
    const auto [from, to] = std::pair(marks[k].first, marks[k + 1].first);
    const int64_t most = std::max(live.maxMemory(from, std::clamp(position, from, to)),
                                  live.maxMemory(std::clamp(position + 1, from, to), to));
    if (sum > 0 && most > budget - sum)
      return false;
  }
  return true;
}

void RematMoves::prune(const std::function<bool()> &stop) {
  for (bool changed = true; changed && !stop();) {
    changed = false;
    std::vector<std::pair<double, int32_t>> order;
    for (int32_t p : copies())
      order.push_back({-graph.nodes[live.sequence[p]].cost * (0.7 + 0.6 * random.real()), p});
    std::sort(order.begin(), order.end());
    for (const auto &[key, position] : order) {
      if (!canDrop(position))
        continue;
      std::vector<int32_t> old = live.sequence;
      const double oldCost = live.cost;
      std::vector<char> removed(live.length(), 0);
      removed[position] = 1;
      remove(removed);
      dropUnread();
      if (live.peak <= budget && live.cost <= oldCost) {
        changed = true;
        break;
      }
      load(std::move(old));
    }
  }
}

} // namespace plimsoll::planner
