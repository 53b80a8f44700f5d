#!/bin/sh
# update-kernels.sh TBLGEN SOURCE FOLDER: prints the headers of Kernels.td into FOLDER.
set -e
kernels="$2/dialects/exec/Kernels.td"
arguments=$("$1" -gen-kernel-arguments -I"$2" "$kernels")
lists=$("$1" -gen-kernel-lists -I"$2" "$kernels")
printf '%s\n' "$arguments" | clang-format-22 --style=file:"$2/.clang-format" > "$3/KernelArguments.h"
printf '%s\n' "$lists" > "$3/Kernels.inc"
