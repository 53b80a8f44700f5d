//===- VerifyCalls.cpp - calls against the signatures of kernels ----------------===//
//
// Nothing in a call is trusted: its numbers are decoded by its kernel's record in Kernels.td, each
// buffer must hold what the kernel's formula demands, and writes may lie over reads only where the
// kernel supports it.
//===----------------------------------------------------------------------===//
#include "passes/lower/VerifyCalls.h"
#include "dialects/exec/KernelSignature.h"
#include "dialects/support/ElementType.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;
using exec::BufferRole;
using llvm::formatv;

namespace {

class CallCheck {
public:
  CallCheck(exec::CallOp call, int64_t threads, const CallLibrary *library,
            function_ref<void(const Twine &)> report)
      : call(call), threads(threads), library(library), report(report), key(call.getKey()),
        signature(exec::findKernelSignature(key.name)) {}

  void run() {
    if (!signature)
      return report("there is no such kernel");
    unsigned origins = library ? library->origins() : ~0u;
    if (!(origins & signature->libraries))
      return report("the library has no such kernel");
    if (!signature->existsIn(origins, key.type, key.precision))
      return report(Twine("the library has no such kernel for ") + nameOf(key.type) +
                    (key.precision == Precision::stored ? "" : " in this precision"));
    if (!readCall())
      return;
    for (size_t each = 0; each < std::max<size_t>(numbers.repetitions, 1); ++each)
      if (!evaluate(each))
        return;
    checkBuffers();
    checkAliases();
    checkUnusedWrites();
    if (library)
      checkWorkspace();
  }

private:
  using Buffer = exec::BufferSignature;

  /// Returns the call's buffers without its workspace.
  ArrayRef<int64_t> buffers() { return call.getBuffers().drop_back(call.getWorkspace()); }

  bool readCall() {
    if (call.getWorkspace() && !endsWithWorkspace()) {
      report("its last buffer must be its workspace");
      return false;
    }
    std::string error;
    auto read = exec::readNumbers(*signature, key.type, call.getSizes(), call.getScalars().size(),
                                  buffers().size(), error);
    if (read)
      numbers = *read;
    else
      report(error);
    return read.has_value();
  }

  bool endsWithWorkspace() {
    ArrayRef<int64_t> all = call.getBuffers();
    return !all.empty() && !call.getWrites().empty() &&
           all.back() == -int64_t(call.getWrites().size());
  }

  /// Computes what repetition `each` needs. Returns false, after a report, if the kernel cannot run
  /// these sizes.
  bool evaluate(size_t each) {
    needs.assign(signature->buffers.size() + signature->optionalBuffers.size(), {});
    SmallVector<exec::Count> counts(numbers.sizes.begin(), numbers.sizes.end());
    const char *broken = signature->needs(counts, each, needs);
    if (broken)
      report(Twine("its sizes must be such that ") + broken);
    return !broken;
  }

  /// Calls body(signature, index of the signature, buffer number in the call) for each buffer.
  template <typename Body> void forEachBuffer(const Body &body) {
    ArrayRef<int64_t> given = buffers();
    for (auto [index, buffer] : llvm::enumerate(signature->buffers)) {
      if (!buffer.existsFor(key.type))
        continue;
      size_t count = buffer.repeated ? numbers.repetitions : 1;
      for (size_t each = 0; each < count; ++each, given = given.drop_front())
        if (!buffer.repeated || evaluate(each))
          body(buffer, index, given.front());
    }
    size_t index = signature->buffers.size();
    for (const Buffer &buffer : signature->optionalBuffers) {
      if (given.empty())
        return;
      body(buffer, index++, given.front());
      given = given.drop_front();
    }
  }

  void checkBuffers() {
    forEachBuffer([&](const Buffer &buffer, size_t index, int64_t number) {
      exec::Need need = needs[index];
      if (number == exec::CallOp::kAbsent)
        return checkAbsent(buffer, need);
      if (buffer.conditional && !need.there)
        return report("its sizes say that '" + buffer.name + "' is absent");
      if ((buffer.role == BufferRole::write) != (number < 0))
        return report("'" + buffer.name + "' is " +
                      (buffer.role == BufferRole::write ? "written" : "read") + ", the call " +
                      (number < 0 ? "writes" : "reads") + " it");
      checkBytes(buffer, need, valueOf(number));
      if (buffer.role != BufferRole::update)
        return;
      if (Value written = updateOf(number))
        checkBytes(buffer, need, written);
      else
        report("'" + buffer.name + "' is updated in place, the call does not overwrite it");
    });
  }

  void checkAbsent(const Buffer &buffer, exec::Need need) {
    if (!buffer.nullable || (buffer.conditional && need.there))
      report("'" + buffer.name + "' is absent");
  }

  Value valueOf(int64_t number) {
    return number >= 0 ? call.getReads()[number] : call.getWrites()[-1 - number];
  }

  /// Returns the write that must lie in the bytes of read `number`, or null.
  Value updateOf(int64_t number) {
    ArrayRef<int64_t> pairs = call.getMayAlias();
    for (size_t i = 0; call.getOverwrites() && i + 1 < pairs.size(); i += 2)
      if (pairs[i + 1] == number)
        return call.getWrites()[pairs[i]];
    return {};
  }

  void checkBytes(const Buffer &buffer, exec::Need need, Value value) {
    auto type = cast<exec::SliceType>(value.getType());
    StringRef slice = exec::sliceOf(value).getName();
    int64_t width = widthOf(buffer, type.getElement());
    if (width == 0)
      return report(formatv("'{0}' holds {1}, slice '{2}' holds {3}", buffer.name, holds(buffer),
                            slice, text(type.getElement())));
    exec::Count wanted = need.elements * width;
    if (wanted > type.getBytes())
      report(formatv("it {0} {1} bytes of '{2}', slice '{3}' has {4}",
                     buffer.role == BufferRole::read     ? "reads"
                     : buffer.role == BufferRole::update ? "updates"
                                                         : "writes",
                     wanted.value(), buffer.name, slice, type.getBytes()));
  }

  static std::string text(Type type) {
    std::string result;
    llvm::raw_string_ostream(result) << type;
    return result;
  }

  exec::BufferElement elementOf(const Buffer &buffer) {
    if (buffer.element != exec::BufferElement::mask)
      return buffer.element;
    constexpr int64_t isBool = 1;
    return sizeNamed("maskKind") == isBool ? exec::BufferElement::mask : exec::BufferElement::total;
  }

  int64_t sizeNamed(StringRef name) {
    size_t at = 0;
    for (const exec::SizeSignature &size : signature->sizes) {
      if (size.name == name)
        return numbers.sizes[at];
      at += size.count;
    }
    return 0;
  }

  static bool isByte(Type type) { return type.isInteger(1) || type.isInteger(8); }

  /// Returns the bytes of an element of type `type`, or 0 if the buffer may not hold that type.
  int64_t widthOf(const Buffer &buffer, Type type) {
    using Element = exec::BufferElement;
    switch (elementOf(buffer)) {
    case Element::byte:
      return 1;
    case Element::f32:
      return type.isF32() ? 4 : 0;
    case Element::f64:
      return type.isF64() ? 8 : 0;
    case Element::i64:
      return type.isInteger(64) ? 8 : 0;
    case Element::total:
      return key.type == ElementType::f64 ? (type.isF64() ? 8 : 0) : (type.isF32() ? 4 : 0);
    case Element::mask:
      return isByte(type) ? 1 : 0;
    case Element::data:
      break;
    }
    bool fits =
        key.type == ElementType::u8 ? isByte(type) : plimsoll::elementTypeOf(type) == key.type;
    return fits ? bytesOf(key.type) : 0;
  }

  StringRef holds(const Buffer &buffer) {
    constexpr StringLiteral names[] = {"data", "totals", "f32", "f64", "i64", "bytes", "i1"};
    exec::BufferElement element = elementOf(buffer);
    if (element == exec::BufferElement::total)
      return key.type == ElementType::f64 ? "f64" : "f32";
    if (element != exec::BufferElement::data)
      return names[int(element)];
    return key.type == ElementType::u8 ? "i8" : nameOf(key.type);
  }

  /// Reports writes that overlap reads although the kernel does not support it.
  void checkAliases() {
    ArrayRef<int64_t> pairs = call.getMayAlias();
    for (size_t i = 0; i + 1 < pairs.size(); i += 2)
      if (share(pairs[i], pairs[i + 1]) && !isBorne(pairs[i], pairs[i + 1]))
        report(formatv("it may not write '{0}' over '{1}'",
                       exec::sliceOf(call.getWrites()[pairs[i]]).getName(),
                       exec::sliceOf(call.getReads()[pairs[i + 1]]).getName()));
    bool updates = llvm::any_of(signature->buffers,
                                [](const Buffer &each) { return each.role == BufferRole::update; });
    if (call.getOverwrites() && !updates)
      report("it updates nothing in place");
  }

  bool share(int64_t write, int64_t read) {
    exec::SliceOp a = exec::sliceOf(call.getWrites()[write]);
    exec::SliceOp b = exec::sliceOf(call.getReads()[read]);
    return int64_t(a.getOffset()) < b.getEnd() && int64_t(b.getOffset()) < a.getEnd();
  }

  /// True if the write may overlap the read. Either the read is one buffer that the kernel updates
  /// in place, and the write is no buffer; or the written buffer may share bytes with every buffer
  /// that the read is passed as.
  bool isBorne(int64_t write, int64_t read) {
    unsigned shares = 0, reads = 0, updates = 0;
    bool isWritten = false;
    forEachBuffer([&](const Buffer &buffer, size_t index, int64_t number) {
      if (number == -1 - write)
        isWritten = true, shares |= buffer.shares;
      if (number == read)
        (buffer.role == BufferRole::update ? updates : reads) |= 1u << index;
    });
    if (!isWritten)
      return call.getOverwrites() && llvm::popcount(updates) == 1 && !reads;
    return !updates && (reads & ~shares) == 0;
  }

  /// Reports writes that are not exactly one buffer or one in-place update.
  void checkUnusedWrites() {
    for (auto [index, write] : llvm::enumerate(call.getWrites())) {
      int64_t number = -1 - int64_t(index);
      int uses = llvm::count(call.getBuffers(), number);
      ArrayRef<int64_t> pairs = call.getMayAlias();
      for (size_t i = 0; uses == 0 && i + 1 < pairs.size(); i += 2)
        uses += call.getOverwrites() && pairs[i] == int64_t(index);
      if (uses != 1)
        report(formatv("'{0}' is written by {1} of its buffers", exec::sliceOf(write).getName(),
                       uses));
    }
  }

  void checkWorkspace() {
    auto needed = library->workspaceBytes(key, call.getSizes(), threads);
    if (!needed)
      return report("the library has no such kernel");
    if (*needed < 0)
      return report("the library has no such kernel for these sizes");
    int64_t given = 0;
    if (call.getWorkspace())
      given = cast<exec::SliceType>(call.getWrites().back().getType()).getBytes();
    if (given < *needed || call.getWorkspace() != (*needed > 0))
      report(formatv("it takes a workspace of {0} bytes, found {1}", *needed, given));
  }

  exec::CallOp call;
  int64_t threads;
  const CallLibrary *library;
  function_ref<void(const Twine &)> report;
  KernelKey key;
  const exec::KernelSignature *signature;
  exec::KernelNumbers numbers;
  SmallVector<exec::Need> needs; ///< of the repetition evaluated last
};

} // namespace

void plimsoll::lower::verifyCall(exec::CallOp call, int64_t threads, const CallLibrary *library,
                                 function_ref<void(const Twine &)> report) {
  CallCheck(call, threads, library, report).run();
}
