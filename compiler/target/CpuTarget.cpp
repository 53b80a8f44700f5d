//===- CpuTarget.cpp - the kernels that a CPU runs -------------------------------===//
//
// Matrix products go to oneDNN where its implementation declares all the memory that it
// uses (AVX-512), else to the runtime's own kernel.
//
// What a program takes beside its arena is from programs of gpt2-nano, gpt2-124m, vit-nano and
// mlp-digits with 1 to 32 threads (peak resident size less the arena, MiB):
//
//                        x86-64-v4, oneDNN   x86-64-v3
//   training alone            8.5 .. 9.2     3.0 .. 3.1
//   evaluation, saving        9.5 .. 12.2    4.9
//===----------------------------------------------------------------------===//
#include "compiler/target/CpuTarget.h"
#include "dialects/exec/KernelSignature.h"

using namespace plimsoll;
using namespace plimsoll::target;

static constexpr int64_t KiB = 1024;
/// Binary, C++ and OpenMP libraries, page tables; with them oneDNN and what it sets up.
static constexpr int64_t kBase = 5 * 1024 * KiB, kBaseWithOneDnn = 11 * 1024 * KiB;
static constexpr int64_t kPerThread = 64 * KiB;
/// Emitted code, and a primitive where it is a product. Repetitions share both.
static constexpr int64_t kPerLaunch = 8 * KiB;
/// Names, shapes and offsets in the header of a checkpoint, as text and parsed.
static constexpr int64_t kPerTensor = 2 * KiB;
/// Copies of a batch: one as read, one being converted, of training and of evaluation.
static constexpr int64_t kBatches = 4;

std::shared_ptr<const Machine> CpuTarget::create(llvm::StringRef name, int threads,
                                                 llvm::StringRef device, std::string &error) {
  auto target = std::make_shared<CpuTarget>();
  target->threadCount = threads;
  if (name.empty() || name == "native") {
    target->instructionSet = hostIsa();
  } else if (name == "x86-64-v3" || name == "x86-64-v4") {
    target->instructionSet = name == "x86-64-v4" ? Isa::v4 : Isa::v3;
  } else {
    error = "unknown CPU '" + name.str() + "', expected native, x86-64-v3 or x86-64-v4";
    return nullptr;
  }
  if (!target->loadModel(device, nameOf(target->instructionSet), error))
    return nullptr;
  // The runtime's own kernels (not oneDNN's) need the same workspace with every instruction set: a
  // machine without AVX-512 can plan for one with it.
  Isa loaded = hostIsa() == Isa::v3 ? Isa::v3 : target->instructionSet;
  target->library = KernelLibrary::load(suffixOf(loaded), error);
  return target->library ? target : nullptr;
}

unsigned CpuTarget::origins() const {
  return exec::kCpu | exec::kOneDnn;
}

std::string CpuTarget::title() const {
  return "cpu " + name() + ", " + std::to_string(threads()) + " threads";
}

std::unique_ptr<codegen::Toolchain> CpuTarget::toolchain() const {
  std::vector<std::string> flags = {"-march=" + name()};
  if (instructionSet == Isa::v4)
    flags.emplace_back("-mprefer-vector-width=512");
  return codegen::hostToolchain(suffixOf(instructionSet), flags);
}

int64_t CpuTarget::bytesBesideArena(const ProgramContents &contents) const {
  int64_t base = instructionSet == Isa::v4 ? kBaseWithOneDnn : kBase;
  return base + threads() * kPerThread + contents.tensors * kPerTensor +
         contents.launches * kPerLaunch + contents.batchBytes * kBatches;
}

KernelKey CpuTarget::kernelFor(const lower::KernelCall &call) const {
  KernelKey oneDnn = call.kernel;
  oneDnn.name = "matmul_onednn";
  bool isProduct = call.kernel.name == "matmul" && call.kernel.type != ElementType::f64;
  bool runs = isProduct && instructionSet == Isa::v4 && hostIsa() == Isa::v4 &&
              workspaceOf(oneDnn, call) >= 0;
  return runs ? oneDnn : call.kernel;
}
