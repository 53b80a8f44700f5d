# round-trip.sh MODEL PREFIX [OPTION...]: compiles to each stage, reads and prints its text again,
# and compares.
set -eu
model=$1 prefix=$2
shift 2
for stage in nn step kernels plan exec; do
  plimsoll compile "$model" --threads=2 --emit=$stage -o "$prefix.$stage.mlir" "$@"
  plimsoll-opt --mlir-print-debuginfo --mlir-print-local-scope "$prefix.$stage.mlir" -o "$prefix.back.mlir"
  cmp "$prefix.$stage.mlir" "$prefix.back.mlir" && echo "$stage is a fixed point"
done
