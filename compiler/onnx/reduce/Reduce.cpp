//===- Reduce.cpp - finds a small model that fails as a large one does ---------------===//
//
// A candidate is the part of the graph between two cuts: its outputs, and values that become
// inputs. Both cuts move towards each other by halving steps, which finds a failing node of a chain
// in a logarithmic number of trials; then single nodes are cut away.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/reduce/Reduce.h"
#include "compiler/onnx/graph/Graph.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <set>

using namespace plimsoll::import;
using llvm::StringRef;

/// Adds the values that a node reads, including those that its subgraphs read.
static void addUses(const onnx::NodeProto &node, std::set<std::string> &names) {
  names.insert(node.input().begin(), node.input().end());
  for (const auto &attribute : node.attribute()) {
    auto within = [&](const onnx::GraphProto &graph) {
      for (const auto &inner : graph.node())
        addUses(inner, names);
      for (const auto &output : graph.output())
        names.insert(output.name());
    };
    if (attribute.has_g())
      within(attribute.g());
    for (const auto &graph : attribute.graphs())
      within(graph);
  }
  names.erase("");
}

namespace {

/// The outputs of a candidate, and the values that become its inputs.
struct Part {
  std::set<std::string> outputs, cuts;
  auto operator<=>(const Part &) const = default;
};

class Reducer {
public:
  Reducer(const ReduceOptions &options, llvm::function_ref<void(const llvm::Twine &)> tell)
      : options(options), tell(tell), candidate(options.output + ".candidate.onnx") {}
  ~Reducer() { llvm::sys::fs::remove(candidate); }

  llvm::Expected<ReduceReport> run() {
    if (llvm::Error error = open())
      return error;
    report.before = proto().node_size();
    for (const auto &output : proto().output())
      best.outputs.insert(output.name());
    llvm::Expected<bool> fails = stillFails(best);
    if (!fails)
      return fails.takeError();
    if (!*fails)
      return llvm::createStringError(
          "the command exits with " + llvm::Twine(exitCode) +
          " on the whole model; it must exit with 0 while the failure is there");
    for (bool smaller = true; smaller;) {
      llvm::Expected<bool> any = shrink();
      if (!any)
        return any.takeError();
      smaller = *any;
    }
    report.after = kept(best).size();
    if (llvm::Error error = write(best))
      return error;
    if (std::error_code code = llvm::sys::fs::rename(candidate, options.output))
      return llvm::createStringError("cannot write '" + options.output + "': " + code.message());
    return report;
  }

private:
  const onnx::GraphProto &proto() const { return file->model.graph(); }

  llvm::Error open() {
    Problems problems;
    ModelOptions importing;
    importing.path = options.model;
    importing.withoutWeights = true;
    file = openModel(importing, problems);
    if (!file)
      return llvm::createStringError(problems.text("reduced"));
    for (int i = 0; i < proto().node_size(); ++i)
      for (const std::string &name : proto().node(i).output())
        producers[name] = i;
    auto add = [&](const auto &list) {
      for (const auto &info : list)
        types.try_emplace(info.name(), &info);
    };
    add(proto().value_info());
    add(proto().output());
    return llvm::Error::success();
  }

  /// Returns the nodes that the outputs depend on, in file order.
  std::vector<int> kept(const Part &part) const {
    std::set<int> nodes;
    std::vector<std::string> wanted(part.outputs.begin(), part.outputs.end());
    while (!wanted.empty()) {
      std::string name = std::move(wanted.back());
      wanted.pop_back();
      auto producer = producers.find(name);
      if (producer == producers.end() || part.cuts.count(name) ||
          !nodes.insert(producer->second).second)
        continue;
      std::set<std::string> uses;
      addUses(proto().node(producer->second), uses);
      wanted.insert(wanted.end(), uses.begin(), uses.end());
    }
    return {nodes.begin(), nodes.end()};
  }

  /// True if the file records type and rank of the value, so that it can be an input.
  bool isTyped(const std::string &name) const {
    auto found = types.find(name);
    return found != types.end() && found->second->type().tensor_type().has_shape() &&
           found->second->type().tensor_type().elem_type() != 0;
  }

  onnx::ModelProto make(const Part &part) const {
    onnx::ModelProto model = file->model;
    onnx::GraphProto &graph = *model.mutable_graph();
    graph.clear_node();
    graph.clear_input();
    graph.clear_output();
    graph.clear_initializer();
    std::set<std::string> used(part.outputs.begin(), part.outputs.end());
    for (int node : kept(part)) {
      *graph.add_node() = proto().node(node);
      addUses(proto().node(node), used);
    }
    for (const auto &input : proto().input())
      if (used.count(input.name()))
        *graph.add_input() = input;
    for (const std::string &name : part.cuts)
      if (used.count(name))
        *graph.add_input() = *types.at(name);
    for (const auto &tensor : proto().initializer())
      if (used.count(tensor.name()))
        *graph.add_initializer() = tensor;
    for (const std::string &name : part.outputs) {
      onnx::ValueInfoProto &output = *graph.add_output();
      output.set_name(name);
      if (auto type = types.find(name); type != types.end())
        output = *type->second;
    }
    return model;
  }

  llvm::Error write(const Part &part) const {
    std::error_code code;
    llvm::raw_fd_ostream os(candidate, code);
    if (code)
      return llvm::createStringError("cannot write '" + candidate + "': " + code.message());
    os << make(part).SerializeAsString();
    return llvm::Error::success();
  }

  llvm::Expected<bool> stillFails(const Part &part) {
    auto [known, isNew] = tried.try_emplace(part, false);
    if (!isNew)
      return known->second;
    if (llvm::Error error = write(part))
      return error;
    ++report.trials;
    std::string command = options.check, message;
    size_t place = command.find("{}");
    if (place == std::string::npos)
      command += " " + candidate;
    for (; place != std::string::npos; place = command.find("{}", place + candidate.size()))
      command.replace(place, 2, candidate);
    std::optional<StringRef> nowhere[] = {StringRef(""), StringRef(""), StringRef("")};
    exitCode = llvm::sys::ExecuteAndWait("/bin/sh", {"sh", "-c", command}, std::nullopt, nowhere, 0,
                                         0, &message);
    if (exitCode < 0)
      return llvm::createStringError("cannot run the command: " + message);
    return known->second = exitCode == 0;
  }

  /// Takes `part` as the best if it is smaller and still fails. Returns whether it did.
  llvm::Expected<bool> take(const Part &part) {
    size_t before = kept(best).size(), after = kept(part).size();
    if (after == 0 || after > before ||
        (after == before && part.outputs.size() >= best.outputs.size()))
      return false;
    llvm::Expected<bool> fails = stillFails(part);
    if (fails && *fails) {
      best = part;
      tell(llvm::Twine(after) + " nodes");
    }
    return fails;
  }

  /// Tries all kinds of cuts once. Returns true if the best part became smaller.
  llvm::Expected<bool> shrink() {
    Part before = best;
    std::set<std::string> outputs = best.outputs;
    for (const std::string &output : outputs)
      if (outputs.size() > 1)
        if (llvm::Expected<bool> taken = take({{output}, best.cuts}); !taken)
          return taken;
    if (llvm::Error error = halve([&](size_t node) { return endingAt(node); }, true))
      return error;
    if (llvm::Error error = halve([&](size_t node) { return beginningAt(node); }, false))
      return error;
    std::vector<int> nodes = kept(best);
    for (int node : llvm::reverse(nodes))
      if (llvm::Expected<bool> taken = take(without(node)); !taken)
        return taken;
    return best != before;
  }

  /// Returns the best part cut after its node number `index`.
  Part endingAt(size_t index) const {
    Part part{{}, best.cuts};
    for (const std::string &name : proto().node(kept(best)[index]).output())
      if (!name.empty())
        part.outputs.insert(name);
    return part;
  }

  /// Returns the best part from its node number `index` on, with earlier values as inputs. If the
  /// type of one is not known, the node that makes it stays.
  Part beginningAt(size_t index) const {
    Part part = best;
    std::vector<int> nodes = kept(best);
    for (size_t i = 0; i < index; ++i)
      addCuts(part, nodes[i]);
    return part;
  }

  Part without(int node) const {
    Part part = best;
    addCuts(part, node);
    return part;
  }

  void addCuts(Part &part, int node) const {
    for (const std::string &name : proto().node(node).output())
      if (!name.empty() && isTyped(name) && !part.outputs.count(name))
        part.cuts.insert(name);
  }

  /// Moves one end of the best part by half of its nodes, a quarter, ... one.
  llvm::Error halve(llvm::function_ref<Part(size_t)> partAt, bool isEnd) {
    for (size_t step = kept(best).size() / 2; step > 0;) {
      size_t count = kept(best).size();
      if (step < count) {
        llvm::Expected<bool> taken = take(partAt(isEnd ? count - 1 - step : step));
        if (!taken)
          return taken.takeError();
        if (*taken)
          continue;
      }
      step /= 2;
    }
    return llvm::Error::success();
  }

  const ReduceOptions &options;
  llvm::function_ref<void(const llvm::Twine &)> tell;
  std::string candidate;
  std::unique_ptr<ModelFile> file;
  std::map<std::string, int> producers;
  std::map<std::string, const onnx::ValueInfoProto *> types;
  std::map<Part, bool> tried;
  Part best;
  int exitCode = 0;
  ReduceReport report;
};

} // namespace

llvm::Expected<ReduceReport>
plimsoll::import::reduceModel(const ReduceOptions &options,
                              llvm::function_ref<void(const llvm::Twine &)> tell) {
  return Reducer(options, tell).run();
}
