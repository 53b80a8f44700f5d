#!/bin/sh
# update-kernels.sh TBLGEN SOURCE FOLDER: prints the headers of Kernels.td into FOLDER.
set -e
kernels="$2/dialects/exec/Kernels.td"
"$1" -gen-kernel-arguments -I"$2" "$kernels" | clang-format-22 --style=file:"$2/.clang-format" \
  > "$3/KernelArguments.h"
"$1" -gen-kernel-lists -I"$2" "$kernels" > "$3/Kernels.inc"
