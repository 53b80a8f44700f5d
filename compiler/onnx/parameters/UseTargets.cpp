//===- UseTargets.cpp - the tensor of the module that a use is --------------------===//
#include "compiler/onnx/parameters/UseTargets.h"

using namespace plimsoll::import;
using llvm::StringRef;

UseTargets::UseTargets(const Graph &graph, const ExporterRecord &record)
    : graph(graph), record(record), slotsOf(record.callCount()), claimed(record.callCount()) {
  if (!record.exists())
    return;
  for (int i = 0; i < graph.proto.initializer_size(); ++i)
    collect(i);
  for (int call = 0; call < record.callCount(); ++call)
    resolve(call);
  separateMergedValues();
}

void UseTargets::collect(int index) {
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  std::optional<DType> dtype = dtypeOf(tensor.data_type());
  if (!dtype || !HostTensor(*dtype, {0}).isFloat())
    return;
  Origin origin = record.origin(index);
  // A buffer of numbers from which position ids were read is not part of a table's rows.
  llvm::erase_if(origin.tensors,
                 [&](int t) { return origin.tensors.size() > 1 && !record.isParameter(t); });
  seen.insert(origin.tensors.begin(), origin.tensors.end());
  for (const RoleUse &role : rolesOf(graph, tensor.name()))
    roles.try_emplace({role.use.node, role.use.operand}, role.role);
  for (Use use : graph.usesOf(tensor.name())) {
    Slot slot{use, index, roles.lookup({use.node, use.operand})};
    slot.own = origin.tensors.size() == 1 ? origin.tensors[0] : -1;
    slot.isComposite = origin.tensors.size() > 1;
    int call = record.callNumber(use.node);
    if (call >= 0)
      slotsOf[call].push_back(slot);
    else if (slot.own >= 0)
      assign(slot, {slot.own, false, ""});
  }
}

void UseTargets::assign(Slot &slot, UseTarget target) {
  slot.isDone = true;
  targets[{slot.use.node, slot.use.operand}] = target;
  if (target.tensor >= 0)
    seen.insert(target.tensor);
}

void UseTargets::resolve(int number) {
  llvm::SmallVector<Slot> &slots = slotsOf[number];
  const FxCall &call = record.callAt(number);
  llvm::sort(slots, [](const Slot &a, const Slot &b) {
    return std::pair(a.use.node, a.use.operand) < std::pair(b.use.node, b.use.operand);
  });
  for (Slot &slot : slots) {
    // Group normalisation is written with an inner instance normalisation, which has no gain and
    // bias.
    bool isInner = graph.node(slot.use.node).op_type() == "InstanceNormalization" &&
                   !call.op.contains("instance_norm");
    if (isInner && slot.use.operand > 0)
      slot.isDone = true;
  }
  claimOwn(call, slots);
  // A value that the call reads by name is not a tensor that it reads directly.
  llvm::StringMap<int> left;
  for (StringRef arg : call.args)
    ++left[arg];
  for (Slot &slot : slots)
    if (StringRef name = graph.proto.initializer(slot.initializer).name();
        !slot.isDone && slot.own >= 0 && left.lookup(name) > 0) {
      --left[name];
      follow(slot, name);
    }
  llvm::SmallVector<StringRef> folded = foldedArguments(call);
  claimMerged(call, slots, folded.empty());
  for (auto [slot, via] : llvm::zip(
           llvm::make_filter_range(slots, [](Slot &s) { return !s.isDone && s.own >= 0; }), folded))
    follow(slot, via);
  // If the call does not read a tensor of the module, the tensor was merged with a constant of the
  // call.
  for (Slot &slot : slots)
    if (!slot.isDone && slot.own >= 0 &&
        record.find(graph.proto.initializer(slot.initializer).name()) < 0)
      follow(slot, "");
}

/// Returns the arguments of a call that no node, call or input of the file makes any more.
llvm::SmallVector<StringRef> UseTargets::foldedArguments(const FxCall &call) const {
  llvm::SmallVector<StringRef> folded;
  for (StringRef arg : call.args)
    if (!graph.producers.count(arg) && !graph.initializers.count(arg) && !record.isResult(arg) &&
        llvm::none_of(graph.proto.input(),
                      [&](const auto &input) { return StringRef(input.name()) == arg; }))
      folded.push_back(arg);
  return folded;
}

/// Assigns an operand that was made from a tensor, such as "%permute" of a weight, through the
/// value `via`.
void UseTargets::follow(Slot &slot, StringRef via) {
  assign(slot, {slot.own, false, via});
  throughValues[slot.initializer].push_back(slot.use);
}

/// Assigns operands that were made from a tensor that the call reads.
void UseTargets::claimOwn(const FxCall &call, llvm::MutableArrayRef<Slot> slots) {
  llvm::DenseSet<int> &taken = claimed[&call - &record.callAt(0)];
  for (Slot &slot : slots) {
    if (slot.isComposite) {
      Origin origin = record.origin(slot.initializer);
      taken.insert(origin.tensors.begin(), origin.tensors.end());
      slot.isDone = true;
    } else if (!slot.isDone && slot.own >= 0 && llvm::is_contained(call.tensors, slot.own) &&
               taken.insert(slot.own).second) {
      assign(slot, {slot.own, true, ""});
    }
  }
}

/// True if a tensor called `name` may be what an operand with `role` reads.
static bool isLike(StringRef name, Role role) {
  StringRef last = name.rsplit('.').second.empty() ? name : name.rsplit('.').second;
  return last == frameworkName(role) || (role == Role::Bias && last.contains("bias"));
}

static bool isNamed(Role role) {
  return role != Role::Other && role != Role::Multiplied;
}

/// Assigns operands whose tensor was merged with the one that the initializer is named after: by
/// role, and, if everything that the call reads is in the file, by order.
void UseTargets::claimMerged(const FxCall &call, llvm::MutableArrayRef<Slot> slots,
                             bool isComplete) {
  llvm::DenseSet<int> &taken = claimed[&call - &record.callAt(0)];
  for (bool strict : {true, false}) {
    for (Slot &slot : slots) {
      bool isScalar = graph.proto.initializer(slot.initializer).dims_size() == 0;
      bool isOther = slot.own >= 0 && !llvm::is_contained(call.tensors, slot.own);
      bool isSecond = slot.own >= 0 && !isOther && taken.contains(slot.own);
      bool mayBe =
          strict ? slot.own >= 0 || isNamed(slot.role) : (isOther || isSecond) && isComplete;
      if (slot.isDone || isScalar || !mayBe)
        continue;
      auto fits = [&](int tensor) {
        StringRef name = record.tensor(tensor).name;
        return !taken.contains(tensor) &&
               (strict ? isLike(name, slot.role)
                       : !(slot.role == Role::Matrix && name.ends_with("bias")));
      };
      auto found = llvm::find_if(call.tensors, fits);
      if (found == call.tensors.end())
        continue;
      taken.insert(*found);
      assign(slot, {*found, true, ""});
    }
  }
  for (Slot &slot : slots)
    if (!slot.isDone && slot.own >= 0 && llvm::is_contained(call.tensors, slot.own))
      assign(slot, {slot.own, true, ""});
}

/// Returns the parameter directly in `module` that nothing reads and that `use` may be: the one
/// with the last name of `like`, or the only one, or the only one that suits the operand's role; -1
/// if there is none.
int UseTargets::unreadOf(Use use, StringRef like, const llvm::DenseSet<int> &read) const {
  StringRef module = graph.names[use.node].module;
  llvm::SmallVector<int> found, ofRole;
  int namedAlike = -1;
  for (auto [i, tensor] : llvm::enumerate(record.moduleTensors())) {
    StringRef rest = tensor.name;
    if (!record.isParameter(i) || read.contains(i) ||
        (!module.empty() && (!rest.consume_front(module) || !rest.consume_front("."))) ||
        rest.contains('.'))
      continue;
    found.push_back(i);
    if (isLike(rest, roles.lookup({use.node, use.operand})) || rest == like.rsplit('.').second)
      ofRole.push_back(i);
    if (rest == like.rsplit('.').second)
      namedAlike = i;
  }
  return namedAlike >= 0      ? namedAlike
         : found.size() == 1  ? found[0]
         : ofRole.size() == 1 ? ofRole[0]
                              : -1;
}

/// Separates an initializer that is read through several values into several parameters, if the
/// module of a further value has a parameter that nothing else reads (layer scales with equal
/// initial values).
void UseTargets::separateMergedValues() {
  const llvm::DenseSet<int> read = seen;
  for (auto &[initializer, uses] : throughValues) {
    const std::string &name = graph.proto.initializer(initializer).name();
    StringRef first = at(uses.front()).via;
    for (Use use : uses)
      if (at(use).via == name)
        first = name;
    // An initializer that is a tensor of the module itself is not the first value.
    if (record.find(name) >= 0)
      first = "";
    llvm::StringMap<int> known;
    for (Use use : uses) {
      UseTarget &target = targets[{use.node, use.operand}];
      if (target.via == first || target.via.empty())
        continue;
      auto [entry, isNew] = known.try_emplace(target.via, target.tensor);
      if (isNew) {
        int other = unreadOf(use, record.tensor(target.tensor).name, read);
        if (other >= 0)
          seen.insert(entry->second = other);
      }
      target.tensor = entry->second;
    }
  }
}

int UseTargets::droppedBias(int node) const {
  int number = record.callNumber(node);
  if (number < 0)
    return -1;
  for (int tensor : record.callAt(number).tensors)
    if (!claimed[number].contains(tensor) &&
        StringRef(record.tensor(tensor).name).ends_with("bias"))
      return tensor;
  return -1;
}
