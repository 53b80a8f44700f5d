//===- MatmulOnednn.cpp - matrix product by oneDNN --------------------------===//
//
// matmul_onednn has the operands and sizes of matmul (Matmul.cpp). oneDNN adds to what is in c: an
// addend in another place is copied there before, and sums are added behind it.
//
// oneDNN's workspace lies in the arena (user scratchpad mode). Only the brgemm
// implementations (AVX-512) declare all the memory they use; for others workspace()
// returns -1 and the compiler uses matmul. The instruction set is capped, so that a
// program gets the same implementation on every machine it was compiled for; factors of bf16 are
// multiplied by AVX512-BF16 or AMX, where those have it. Bits
// depend on the number of threads. oneDNN 2.6, C API.
//===----------------------------------------------------------------------===//
#include "../../rules/MatmulSizes.h"
#include "FactorSums.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

namespace plimsoll {
namespace {

dnnl_engine_t engine() {
  static dnnl_engine_t one = [] {
    dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core_amx);
    dnnl_engine_t created = nullptr;
    return dnnl_engine_create(&created, dnnl_cpu, 0) == dnnl_success ? created : nullptr;
  }();
  return one;
}

dnnl_stream_t stream() {
  static dnnl_stream_t one = [] {
    dnnl_stream_t created = nullptr;
    dnnl_stream_create(&created, engine(), dnnl_stream_default_flags);
    return created;
  }();
  return one;
}

/// Sets OpenMP's number of threads, which oneDNN reads when it plans and when it runs, and restores
/// the settings of the process afterwards.
class UseThreads {
public:
  explicit UseThreads(int wanted) {
    omp_set_dynamic(0);
    omp_set_num_threads(wanted);
  }
  ~UseThreads() {
    omp_set_num_threads(threads);
    omp_set_dynamic(dynamic);
  }
  UseThreads(const UseThreads &) = delete;
  UseThreads &operator=(const UseThreads &) = delete;

private:
  int threads = omp_get_max_threads(), dynamic = omp_get_dynamic();
};

/// Makes the descriptor of a dense operand [batch,] rows x columns, stored transposed or not.
bool describe(dnnl_memory_desc_t &desc, dnnl_data_type_t type, int64_t batch, bool batched,
              int64_t rows, int64_t columns, bool transposed) {
  int64_t row = transposed ? 1 : columns, column = transposed ? rows : 1;
  dnnl_dims_t dims = {batched ? batch : 1, rows, columns}, strides = {rows * columns, row, column};
  bool flat = batch == 1;
  return dnnl_memory_desc_init_by_strides(&desc, flat ? 2 : 3, flat ? dims + 1 : dims, type,
                                          flat ? strides + 1 : strides) == dnnl_success;
}

/// Lets the product be added to what is in its result, or a bias to it.
bool setAddends(dnnl_primitive_attr_t attributes, const MatmulSizes &s,
                const dnnl_memory_desc_t &bias) {
  dnnl_post_ops_t addends = nullptr;
  bool fine = dnnl_post_ops_create(&addends) == dnnl_success &&
              (!s.withAddend || dnnl_post_ops_append_sum(addends, 1.0f) == dnnl_success) &&
              (!s.withBias ||
               dnnl_post_ops_append_binary(addends, dnnl_binary_add, &bias) == dnnl_success) &&
              dnnl_primitive_attr_set_post_ops(attributes, addends) == dnnl_success;
  dnnl_post_ops_destroy(addends);
  return fine;
}

/// Makes the descriptor of the bias, [1,] 1 x columns.
bool describeBias(dnnl_memory_desc_t &desc, const MatmulSizes &s) {
  dnnl_dims_t dims = {1, 1, s.n}, strides = {s.n, s.n, 1};
  bool flat = s.batch == 1;
  return dnnl_memory_desc_init_by_strides(&desc, flat ? 2 : 3, flat ? dims + 1 : dims, dnnl_f32,
                                          flat ? strides + 1 : strides) == dnnl_success;
}

struct Plan {
  dnnl_primitive_desc_t descriptor = nullptr;
  dnnl_memory_desc_t operands[3], bias;
  int biasArgument = 0; ///< 0: there is none
  const char *name = "";
  int64_t scratchBytes = 0;

  ~Plan() {
    if (descriptor)
      dnnl_primitive_desc_destroy(descriptor);
  }

  bool make(const LaunchShape &shape) {
    MatmulSizes s(shape.sizes);
    UseThreads scope(shape.threads);
    dnnl_data_type_t factor = shape.type == ElementType::bf16 ? dnnl_bf16 : dnnl_f32;
    // oneDNN divides by zero for empty products, and for sizes that its 32-bit counters cannot
    // hold.
    constexpr int64_t most = int64_t(1) << 30;
    for (int64_t size : {s.batch, s.m, s.n, s.k})
      if (size < 1 || size > most)
        return false;
    if (!engine() || !describe(operands[0], factor, s.batch, s.batchA, s.m, s.k, s.transA) ||
        !describe(operands[1], factor, s.batch, s.batchB, s.k, s.n, s.transB) ||
        !describe(operands[2], dnnl_f32, s.batch, true, s.m, s.n, false) || !describeBias(bias, s))
      return false;
    if (s.withBias)
      biasArgument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(s.withAddend ? 1 : 0) | DNNL_ARG_SRC_1;
    dnnl_matmul_desc_t product;
    dnnl_primitive_attr_t attributes = nullptr;
    if (dnnl_primitive_attr_create(&attributes) != dnnl_success)
      return false;
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    bool made = setAddends(attributes, s, bias) &&
                dnnl_matmul_desc_init(&product, &operands[0], &operands[1], nullptr,
                                      &operands[2]) == dnnl_success &&
                dnnl_primitive_desc_create(&descriptor, &product, attributes, engine(), nullptr) ==
                    dnnl_success;
    dnnl_primitive_attr_destroy(attributes);
    if (!made)
      return false;
    dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &name);
    const dnnl_memory_desc_t *scratch =
        dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0);
    int64_t bytes = scratch ? static_cast<int64_t>(dnnl_memory_desc_get_size(scratch)) : 0;
    scratchBytes = bytes < 64 ? 64 : (bytes + 63) / 64 * 64;
    return true;
  }

  bool declaresItsMemory() const { return !std::strncmp(name, "brg", 3); }
};

#ifdef PLIMSOLL_AVX512
constexpr bool kCanDeclare = true;
#else
constexpr bool kCanDeclare = false; // the AVX2 implementation (gemm:jit) uses undeclared memory
#endif

int64_t workspace(const LaunchShape &shape) {
  Plan plan;
  return kCanDeclare && plan.make(shape) && plan.declaresItsMemory() ? plan.scratchBytes : -1;
}

/// The handle that prepare() makes and run() uses: nothing is created while a program trains.
struct Prepared {
  dnnl_primitive_t primitive = nullptr;
  dnnl_exec_arg_t arguments[5];
  int buffers[5]; ///< of the launch, one for each argument
  int count = 0;
};

void *prepare(const LaunchShape &shape, int64_t workspaceBytes, const char **error) {
  Plan plan;
  UseThreads scope(shape.threads);
  if (!kCanDeclare || !plan.make(shape)) {
    *error = "oneDNN cannot make this product";
    return nullptr;
  }
  if (!plan.declaresItsMemory()) {
    *error = "oneDNN would use another implementation of this product than the one the program was "
             "planned for; compile the program again on this machine";
    return nullptr;
  }
  if (plan.scratchBytes != workspaceBytes) {
    *error = "oneDNN wants another workspace for this product than the program was planned with; "
             "compile the program again with this version of oneDNN";
    return nullptr;
  }
  auto *prepared = new Prepared;
  bool made = dnnl_primitive_create(&prepared->primitive, plan.descriptor) == dnnl_success;
  auto add = [&](int role, const dnnl_memory_desc_t *desc, int buffer) {
    dnnl_exec_arg_t &argument = prepared->arguments[prepared->count];
    argument.arg = role;
    prepared->buffers[prepared->count++] = buffer;
    made = made &&
           dnnl_memory_create(&argument.memory, desc, engine(), DNNL_MEMORY_NONE) == dnnl_success;
  };
  add(DNNL_ARG_SRC, &plan.operands[0], 0);
  add(DNNL_ARG_WEIGHTS, &plan.operands[1], 1);
  if (plan.biasArgument)
    add(plan.biasArgument, &plan.bias, 2);
  add(DNNL_ARG_DST, &plan.operands[2], 4);
  add(DNNL_ARG_SCRATCHPAD,
      dnnl_primitive_desc_query_md(plan.descriptor, dnnl_query_scratchpad_md, 0), 6);
  if (!made) {
    *error = "oneDNN cannot create this product";
    return nullptr;
  }
  return prepared;
}

void copyAddend(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  constexpr int64_t block = 1 << 14;
  int64_t count = s.batch * s.m * s.n, blocks = (count + block - 1) / block;
  cpu::parallelFor(launch.threads, blocks, count, [&](int64_t i) {
    int64_t first = i * block, length = count - first < block ? count - first : block;
    std::memcpy(launch.buffer<float>(4) + first, launch.buffer<float>(3) + first,
                sizeof(float) * length);
  });
}

void run(const Launch &launch) {
  auto *prepared = static_cast<Prepared *>(launch.handle);
  const void *addend = launch.buffers[3];
  if (addend && addend != launch.buffers[4])
    copyAddend(launch);
  UseThreads scope(launch.threads);
  bool done = prepared != nullptr;
  for (int i = 0; done && i < prepared->count; ++i)
    done = dnnl_memory_set_data_handle(prepared->arguments[i].memory,
                                       launch.buffers[prepared->buffers[i]]) == dnnl_success;
  done = done && dnnl_primitive_execute(prepared->primitive, stream(), prepared->count,
                                        prepared->arguments) == dnnl_success;
  if (done)
    return cpu::sumFactor(launch);
  std::fprintf(stderr, "error: a product by oneDNN failed; was it prepared?\n");
  std::abort();
}

} // namespace

const KernelOf<MatmulArguments> matmul_onednn = {"matmul_onednn", run, workspace, prepare};

} // namespace plimsoll
