//===- ExhaustiveOffload.h - optimal copies of tiny problems, by exhaustive search ----------===//
//
// Problems have two spaces, the main stream, and resource 1, a copy engine with routes both ways.
// The search is a shortest path over (operations done, which values are in which space, copies in
// progress and the seconds that each has left) on the main stream's clock: any order, any
// recomputation, any copies. Values are dropped only before an action that needs their room. The
// lower bound of A* is the seconds of the operations that have not run yet.
//
// Bytes are counted, not placed; an optimum whose plan cannot be placed in the counted bytes
// is rejected. Pairs in place are not supported.
//
//===----------------------------------------------------------------------------------------===//

#pragma once

#include "PlanWriter.h"

#include <optional>
#include <queue>

namespace plimsoll::planner::test {

struct Optimum {
  double seconds = 0;
  Solution plan;
};

class OffloadSearch {
public:
  explicit OffloadSearch(const Problem &problem)
      : problem(problem), timeline(problem.timelines[0]), group(versionGroups(problem)) {}

  /// Returns the least makespan within the capacities of the spaces; nothing if there is no plan,
  /// or if the one found cannot be placed.
  std::optional<Optimum> run() {
    reach({0, start()}, none, {});
    while (!queue.empty()) {
      const int32_t index = queue.top().second;
      queue.pop();
      if (nodes[index].isExpanded)
        continue;
      nodes[index].isExpanded = true;
      if (isEnd(nodes[index].state))
        return write(index);
      expand(index);
    }
    return std::nullopt;
  }

private:
  static constexpr size_t mostCopies = 3; ///< copies in progress at once

  struct Copy {
    ValueId value;
    SpaceId to;
    double left; ///< seconds
    auto operator<=>(const Copy &) const = default;
  };
  struct State {
    uint32_t done = 0;             ///< operations that have run
    uint32_t there[2] = {0, 0};    ///< groups whose newest version is in a space, and ready
    std::vector<Copy> copies = {}; ///< in progress, in the order of their ends
    auto operator<=>(const State &) const = default;
  };
  struct Action {
    enum { Run, Copy, Wait } kind;
    int32_t id = 0;     ///< operation, or value
    int32_t detail = 0; ///< alternative, or space that is copied to
  };
  struct Reached {
    double seconds;
    State state;
  };
  struct Node {
    double seconds;
    State state;
    int32_t from;
    std::vector<Action> actions;
    bool isExpanded = false;
  };

  static uint32_t bit(int32_t id) { return 1u << id; }
  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  SpaceId home(ValueId v) const { return problem.values[v].space; }

  State start() const {
    State s;
    for (size_t v = 0; v < group.size(); ++v)
      if (resident(static_cast<ValueId>(v)))
        s.there[problem.values[v].space] |= bit(group[v]);
    for (ValueId v : timeline.liveAtStart)
      s.there[home(v)] |= bit(v);
    return s;
  }
  bool isEnd(const State &s) const {
    bool end = s.done + 1 == bit(static_cast<int32_t>(timeline.ops.size())) && s.copies.empty();
    for (size_t v = 0; v < group.size(); ++v)
      if (resident(static_cast<ValueId>(v)))
        end = end && (s.there[problem.values[v].space] & bit(group[v]));
    for (ValueId v : timeline.liveAtEnd)
      end = end && (s.there[home(v)] & bit(group[v]));
    return end;
  }
  int64_t bytesIn(SpaceId space, const State &s) const {
    int64_t sum = 0;
    for (size_t v = 0; v < group.size(); ++v) {
      const Value &value = problem.values[v];
      const bool isHome = resident(static_cast<ValueId>(v)) && value.space == space;
      if (group[v] == static_cast<ValueId>(v) && (isHome || s.there[space] & bit(group[v])))
        sum += value.bytes;
    }
    for (const Copy &copy : s.copies)
      if (copy.to == space && !(resident(copy.value) && home(copy.value) == space))
        sum += problem.values[copy.value].bytes;
    return sum;
  }
  bool fits(SpaceId space, const State &s, int64_t more) const {
    const int64_t capacity = problem.spaces[space].capacity;
    return capacity == none || bytesIn(space, s) + more <= capacity;
  }
  bool isCopied(ValueId g, const State &s) const {
    return std::any_of(s.copies.begin(), s.copies.end(),
                       [&](const Copy &copy) { return copy.value == g; });
  }

  /// Advances the clock by `seconds`; copies that have ended are waited for, which takes no time.
  static void pass(double seconds, State &s, std::vector<Action> &actions) {
    for (Copy &copy : s.copies)
      copy.left -= seconds;
    while (!s.copies.empty() && s.copies[0].left <= 0) {
      s.there[s.copies[0].to] |= bit(s.copies[0].value);
      actions.push_back({Action::Wait});
      s.copies.erase(s.copies.begin());
    }
  }

  void reach(Reached to, int32_t from, std::vector<Action> actions) {
    const auto [it, fresh] = indexOf.insert({to.state, static_cast<int32_t>(nodes.size())});
    if (fresh)
      nodes.push_back({1e300, to.state, none, {}});
    Node &node = nodes[it->second];
    if (node.seconds <= to.seconds)
      return;
    node = {to.seconds, std::move(to.state), from, std::move(actions)};
    queue.push({to.seconds + secondsLeft(node.state), it->second});
  }
  /// Returns a lower bound of the seconds from `s` on.
  double secondsLeft(const State &s) const {
    double sum = 0;
    for (size_t op = 0; op < timeline.ops.size(); ++op)
      sum += ran(s, op) ? 0 : timeline.ops[op].alternatives[0].seconds;
    return sum;
  }

  void expand(int32_t index) {
    const Node node = nodes[index]; // the vector grows
    if (!node.state.copies.empty())
      wait(node, index);
    for (ValueId g = 0; g < std::ssize(group); ++g)
      if (group[g] == g)
        for (SpaceId space : {0, 1})
          copy(node, index, g, space);
    for (OpId op = 0; op < std::ssize(timeline.ops); ++op)
      for (int32_t a = 0; a < std::ssize(timeline.ops[op].alternatives); ++a)
        runOp(node, index, op, a);
  }
  void wait(const Node &node, int32_t index) {
    State next = node.state;
    std::vector<Action> actions;
    const double left = next.copies[0].left;
    pass(left, next, actions);
    reach({node.seconds + left, next}, index, actions);
  }
  /// True if the bytes of group `g` in `space` may be dropped: of a resident only a copy outside
  /// its home that is not the only newest version.
  bool mayDrop(ValueId g, SpaceId space, const State &s) const {
    if (!(s.there[space] & bit(g)) || isCopied(g, s) || problem.values[g].bytes == 0)
      return false;
    return !resident(g) || (home(g) != space && (s.there[home(g)] & bit(g)));
  }
  /// Calls `then` for `s` if `more` bytes fit, else for every state that results from dropping
  /// groups from `first` on, none of `keep`, until they fit.
  template <typename Then>
  void makeRoom(SpaceId space, State s, int64_t more, uint32_t keep, ValueId first,
                const Then &then) const {
    if (fits(space, s, more))
      return then(s);
    for (ValueId g = first; g < std::ssize(group); ++g)
      if (!(keep & bit(g)) && mayDrop(g, space, s)) {
        State less = s;
        less.there[space] &= ~bit(g);
        makeRoom(space, less, more, keep, g + 1, then);
      }
  }
  void copy(const Node &node, int32_t index, ValueId g, SpaceId to) {
    const State &s = node.state;
    if (!(s.there[1 - to] & bit(g)) || (s.there[to] & bit(g)) || isCopied(g, s) ||
        s.copies.size() == mostCopies || (resident(g) && home(g) == 0))
      return;
    double rate = 0;
    for (const Route &route : problem.resources[1].routes)
      rate = route.from == 1 - to && route.to == to ? route.bytesPerSecond : rate;
    const double busy = s.copies.empty() ? 0 : s.copies.back().left;
    const double end = busy + static_cast<double>(problem.values[g].bytes) / rate;
    const int64_t more = resident(g) && home(g) == to ? 0 : problem.values[g].bytes;
    makeRoom(to, s, more, 0, 0, [&](State next) {
      next.copies.push_back({g, to, end});
      reach({node.seconds, next}, index, {{Action::Copy, g, to}});
    });
  }

  bool ran(const State &s, size_t op) const { return s.done >> op & 1; }
  static bool contains(const std::vector<ValueId> &list, ValueId v) {
    return std::count(list.begin(), list.end(), v) > 0;
  }
  bool mayRun(OpId id, const State &s) const {
    const Op &op = timeline.ops[id];
    if (ran(s, id) && !(op.recomputable && op.overwrites.empty()))
      return false;
    for (OpId earlier : op.after)
      if (!ran(s, earlier))
        return false;
    for (ValueId v : op.reads)
      if (!(s.there[0] & bit(group[v])))
        return false;
    for (ValueId v : op.writes)
      if (!resident(v) && isCopied(v, s))
        return false;
    for (size_t other = 0; other < timeline.ops.size(); ++other) {
      const Op &o = timeline.ops[other];
      if (other == static_cast<size_t>(id))
        continue;
      for (const Overwrite &w : o.overwrites) // after it the old version no longer exists
        if (contains(op.reads, w.before) && ran(s, other))
          return false;
      for (ValueId v : op.reads) // after it the new version exists
        if (resident(v) && contains(o.writes, v) && !ran(s, other))
          return false;
      for (const Overwrite &w : op.overwrites)
        if (contains(o.reads, w.before) && !ran(s, other))
          return false;
    }
    return std::none_of(op.overwrites.begin(), op.overwrites.end(),
                        [&](const Overwrite &w) { return isCopied(group[w.before], s); });
  }
  void runOp(const Node &node, int32_t index, OpId id, int32_t alternative) {
    if (!mayRun(id, node.state))
      return;
    const Op &op = timeline.ops[id];
    const Alternative &a = op.alternatives[alternative];
    State before = node.state;
    uint32_t keep = 0;
    for (ValueId v : op.reads)
      keep |= bit(group[v]);
    for (ValueId v : op.writes)
      keep |= bit(group[v]);
    for (ValueId v : op.writes) // an instance from before goes first
      before.there[0] |= resident(v) ? 0 : bit(v);
    before.done |= bit(id);
    makeRoom(0, before, a.workspaceBytes, keep, 0, [&](State next) {
      for (const Overwrite &w : op.overwrites)
        next.there[1] &= ~bit(group[w.before]);
      std::vector<Action> actions = {{Action::Run, id, alternative}};
      pass(a.seconds, next, actions);
      reach({node.seconds + a.seconds, next}, index, actions);
    });
  }

  // The plan -------------------------------------------------------------------

  std::optional<Optimum> write(int32_t index) const {
    std::vector<Action> actions;
    for (int32_t i = index; i != none; i = nodes[i].from)
      actions.insert(actions.begin(), nodes[i].actions.begin(), nodes[i].actions.end());
    PlanWriter writer(problem);
    std::map<std::pair<SpaceId, ValueId>, int32_t> instance; // the newest; 0 if none is here
    std::vector<int32_t> underWay;
    int32_t made = 0;
    for (const Action &action : actions) {
      if (action.kind == Action::Wait) {
        writer.wait(underWay.front());
        underWay.erase(underWay.begin());
      } else if (action.kind == Action::Copy) {
        const ValueId g = action.id;
        const SpaceId to = action.detail;
        const int32_t from = instance[{1 - to, g}];
        if (resident(g) && home(g) == to) {
          underWay.push_back(writer.store(g, from, 1));
        } else {
          instance[{to, g}] = ++made;
          underWay.push_back(writer.load(newestOf(g, actions, action), to, from, made, 1));
        }
      } else {
        std::vector<int32_t> reads;
        for (ValueId v : timeline.ops[action.id].reads)
          reads.push_back(instance[{0, group[v]}]);
        ++made;
        writer.run(action.id, reads, made, action.detail);
        for (ValueId v : timeline.ops[action.id].writes)
          if (!resident(v))
            instance[{0, v}] = made;
      }
    }
    Optimum optimum{nodes[index].seconds, writer.finish()};
    for (SpaceId s : {0, 1})
      if (problem.spaces[s].capacity != none &&
          optimum.plan.spaceBytes[s] > problem.spaces[s].capacity)
        return std::nullopt;
    return optimum;
  }
  /// Returns the version of group `g` that is the newest when `until` happens.
  ValueId newestOf(ValueId g, const std::vector<Action> &actions, const Action &until) const {
    ValueId newest = g;
    for (const Action *action = actions.data(); action != &until; ++action)
      if (action->kind == Action::Run)
        for (const Overwrite &w : timeline.ops[action->id].overwrites)
          if (group[w.before] == g && w.after != none)
            newest = w.after;
    return newest;
  }

  const Problem &problem;
  const Timeline &timeline;
  std::vector<ValueId> group; ///< for each value its group; versions share one
  std::vector<Node> nodes;
  std::map<State, int32_t> indexOf;
  using Entry = std::pair<double, int32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
};

inline std::optional<Optimum> optimalOffload(const Problem &problem) {
  return OffloadSearch(problem).run();
}

} // namespace plimsoll::planner::test
