//===- SystemCalls.cpp - every mmap, mremap and brk of the process -----------===//
//
// A seccomp filter turns these calls into SIGSYS, whose handler counts them and then makes
// the call, from the only address that the filter allows.
//===----------------------------------------------------------------------===//
#include "Watch.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

extern "C" long watch_system_call(long, long, long, long, long, long, long);
extern "C" const char watch_system_call_return[];

// long watch_system_call(number, a, b, c, d, e, f)
asm(".text\n"
    ".hidden watch_system_call\n"
    ".hidden watch_system_call_return\n"
    ".globl watch_system_call, watch_system_call_return\n"
    ".type watch_system_call, @function\n"
    "watch_system_call:\n"
    "  movq %rdi, %rax\n  movq %rsi, %rdi\n  movq %rdx, %rsi\n  movq %rcx, %rdx\n"
    "  movq %r8, %r10\n  movq %r9, %r8\n  movq 8(%rsp), %r9\n"
    "  syscall\n"
    "watch_system_call_return:\n"
    "  ret\n");

namespace {

void handle(int, siginfo_t *info, void *context) {
  greg_t *r = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
  long number = info->si_syscall;
  // brk(0) returns the program break; brk(x) moves it.
  size_t bytes = static_cast<size_t>(number == SYS_brk ? r[REG_RDI] : r[REG_RSI]);
  watch::seen(number, bytes, reinterpret_cast<const void *>(r[REG_RIP]));
  r[REG_RAX] = watch_system_call(number, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8],
                                 r[REG_R9]);
}

} // namespace

long watch::systemCall(long number, long a, long b, long c, long d, long e, long f) {
  return watch_system_call(number, a, b, c, d, e, f);
}

bool watch::trapSystemCalls() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  if (sigaction(SIGSYS, &action, nullptr))
    return false;
  auto allowed = reinterpret_cast<uint64_t>(watch_system_call_return);
  constexpr uint32_t ip = offsetof(seccomp_data, instruction_pointer);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(allowed), 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(allowed >> 32), 4, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_brk, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  sock_fprog program = {static_cast<unsigned short>(sizeof filter / sizeof *filter), filter};
  return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
         !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
