//===- NNOps.td - all ops of the nn dialect ----------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NNOPS
#define PLIMSOLL_DIALECTS_NN_NNOPS

include "dialects/nn/NNBase.td"
include "dialects/nn/Elementwise.td"
include "dialects/nn/Shape.td"
include "dialects/nn/Rows.td"
include "dialects/nn/Indexing.td"
include "dialects/nn/Contraction.td"
include "dialects/nn/Image.td"
include "dialects/nn/Recurrent.td"
include "dialects/nn/Normalization.td"
include "dialects/nn/Training.td"
include "dialects/nn/Losses.td"
include "dialects/nn/Optimizers.td"
include "dialects/nn/Random.td"
include "dialects/nn/Launch.td"

#endif // PLIMSOLL_DIALECTS_NN_NNOPS
