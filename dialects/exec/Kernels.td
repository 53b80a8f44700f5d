//===- Kernels.td - the kernels of the runtime ---------------------------------===//
//
// One record a kernel; KernelBase.td explains the language. What the kernels compute is said in
// runtime/kernels/cpu and runtime/kernels/cuda.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_KERNELS
#define PLIMSOLL_DIALECTS_EXEC_KERNELS

include "dialects/exec/KernelBase.td"
include "dialects/support/OptimizerKinds.td"

// Products ------------------------------------------------------------------

class Product
    : Kernel<[Read<"a", "(batchA ? batch : 1) * m * k">,
              Read<"b", "(batchB ? batch : 1) * k * n">,
              ReadWhen<"withBias != 0", "bias", "n", Total>,
              ReadWhen<"withAddend != 0", "addend", "batch * m * n", Total>,
              Write<"c", "batch * m * n", Total, ["addend"]>,
              WriteWhen<"summed != 0", "sums", "summed == 1 ? m : n", Total>],
             [Extent<"batch", "1">, Extent<"m">, Extent<"n">, Extent<"k">, Flag<"transposeA">,
              Flag<"transposeB">, Flag<"batchA">, Flag<"batchB">, Flag<"withBias">,
              Flag<"withAddend">, Choice<"summed", "SummedFactor", ["none", "left", "right"]>]> {
  let requirements = ["summed == 0 || batch == 1", "summed != 1 || transposeA",
                      "summed != 2 || !transposeB"];
  let arguments = "Matmul";
}
def matmul : Product {
  let types = ["f32", "f64", "bf16"];
  let cudaTypes = ["f32", "bf16"];
  let cudaPrecisions = ["tf32"];
}
def matmul_onednn : Product {
  let types = ["f32", "bf16"];
  let libraries = [OneDnn];
}

// Convolution and pooling ---------------------------------------------------

/// The 18 numbers of runtime/rules/Window.h.
defvar window = [Triple<"size", "extent", "1">, Triple<"kernel", "positive", "1">,
                 Triple<"out", "extent", "1">, Triple<"stride", "positive", "1">,
                 Triple<"pad", "any", "0">, Triple<"dilation", "positive", "1">];
defvar fits = "fits(size, kernel, out, stride, pad, dilation)";

class Convolution<string function, list<Buffer> buffers>
    : Kernel<buffers, [Extent<"n">, Extent<"c">, Extent<"k">, Positive<"groups", "1">] # window> {
  let types = floats;
  let cudaTypes = floats;
  let cudaPrecisions = ["tf32", "bf16"];
  let requirements = ["c % groups == 0", "k % groups == 0", fits];
  let arguments = function;
}
defvar image = "n * c * volume(size)";
defvar filters = "k * (c / groups) * volume(kernel)";
defvar answer = "n * k * volume(out)";

def conv : Convolution<"Conv", [Read<"x", image>, Read<"w", filters>, Write<"y", answer>]>;
def conv_grad_input : Convolution<"Conv", [Read<"dy", answer>, Read<"w", filters>,
                                           Write<"dx", image>]>;
def conv_grad_weight : Convolution<"Conv", [Read<"dy", answer>, Read<"x", image>,
                                            Write<"dw", filters>]>;

class Pool<string function, list<Buffer> buffers, list<Size> further = []>
    : Kernel<buffers, [Extent<"planes">] # window # further> {
  let types = floats;
  let cudaTypes = floats;
  let requirements = [fits];
  let arguments = function;
}
defvar inside = "planes * volume(size)";
defvar outside = "planes * volume(out)";
defvar mean = [Triple<"padBehind", "any", "0">, Flag<"countPadding">];
def max_pool : Pool<"MaxPool", [Read<"x", inside>, Write<"y", outside>]>;
def max_pool_index : Pool<"MaxPoolIndex", [Read<"x", inside>, Write<"indices", outside, I64>],
                          [Flag<"columnMajor">]>;
def max_pool_grad : Pool<"MaxPool", [Read<"dy", outside>, Read<"x", inside>, Write<"dx", inside>]>;
def avg_pool : Pool<"AvgPool", [Read<"x", inside>, Write<"y", outside>], mean>;
def avg_pool_grad : Pool<"AvgPool", [Read<"dy", outside>, Write<"dx", inside>], mean>;

// Attention -----------------------------------------------------------------

defvar heads = [Extent<"batch">, Extent<"heads">, Positive<"kvHeads">, Extent<"queryLength">,
                Extent<"keyLength">, Extent<"headDim">, Extent<"valueDim">,
                Choice<"layout", "AttentionLayout", ["headsOutside", "headsInside", "packed"]>,
                Flag<"causal">, Choice<"maskKind", "AttentionMask", ["none", "keep", "add"]>,
                Extent<"maskBatchStride", "0">, Extent<"maskHeadStride", "0">,
                Extent<"maskQueryStride", "0">];
defvar ownKeys = "layout != 2"; // else keys and values are in the buffer of the queries
defvar query = "batch * (layout == 2 ? heads + 2 * kvHeads : heads) * queryLength * headDim";
defvar key = "batch * kvHeads * keyLength * headDim";
defvar value = "batch * kvHeads * keyLength * valueDim";
defvar attended = "batch * heads * queryLength * valueDim";
defvar masked = "batch * heads * queryLength * keyLength == 0 ? 0 : "
                "span(batch, maskBatchStride) + span(heads, maskHeadStride) + "
                "span(queryLength, maskQueryStride) + keyLength";

class AttentionKernel<list<Buffer> buffers> : Kernel<buffers, heads, ["scale"]> {
  let types = ["f32", "f64", "bf16"];
  let cudaTypes = ["f32", "bf16"];
  let requirements = ["heads % kvHeads == 0",
                      "layout != 2 || (queryLength == keyLength && headDim == valueDim)"];
  let arguments = "Attention";
}
def attention : AttentionKernel<[Read<"q", query>, ReadWhen<ownKeys, "k", key, Data>,
                                 ReadWhen<ownKeys, "v", value, Data>,
                                 ReadWhen<"maskKind != 0", "mask", masked, Mask>,
                                 Write<"out", attended>,
                                 Write<"lse", "batch * heads * queryLength", Total>]>;
def attention_grad : AttentionKernel<[Read<"q", query>, ReadWhen<ownKeys, "k", key, Data>,
                                      ReadWhen<ownKeys, "v", value, Data>,
                                      ReadWhen<"maskKind != 0", "mask", masked, Mask>,
                                      Read<"out", attended>,
                                      Read<"lse", "batch * heads * queryLength", Total>,
                                      Read<"dout", attended>, Write<"dq", query, Total>,
                                      WriteWhen<ownKeys, "dk", key, Total>,
                                      WriteWhen<ownKeys, "dv", value, Total>]>;

def rotary : Kernel<[Read<"x", "volume(size) * features">,
                     Read<"cos", "volume(table) * features">,
                     Read<"sin", "volume(table) * features">,
                     Write<"y", "volume(size) * features", Data, ["x"]>],
                    [Triple<"size", "extent", "1">, Extent<"features">,
                     Triple<"table", "extent", "1">, Flag<"transposed">]> {
  let types = floats;
  let cudaTypes = floats;
  let requirements = ["features % 2 == 0"];
}

// Recurrent layers ------------------------------------------------------------

class Recurrent<string function, list<Buffer> buffers, list<Size> further = []>
    : Kernel<buffers, [Extent<"steps">, Extent<"batch">, Extent<"size">, Flag<"reverse">] # further> {
  let types = floats;
  let cudaTypes = floats;
  let arguments = function;
}
defvar states = "steps * batch * size";
defvar gates3 = "3 * steps * batch * size";
defvar gates4 = "4 * steps * batch * size";
defvar state = "batch * size";

def lstm : Recurrent<"Gated", [Read<"x", gates4>, Read<"weight", "4 * size * size">,
                              Read<"h0", state>, Read<"c0", state>, Write<"hidden", states>,
                              Write<"cells", states>,
                              Write<"gates", gates4, Data, ["x"]>]>;
def lstm_grad : Recurrent<"Gated", [Read<"dhidden", states>, Read<"gates", gates4>,
                                   Read<"cells", states>, Read<"weight", "4 * size * size">,
                                   Read<"c0", state>, MaybeRead<"dcells", states>,
                                   Write<"dx", gates4, Data, ["gates"]>,
                                   Write<"dh0", state>, Write<"dc0", state>]>;
def gru : Recurrent<"Gated", [Read<"x", gates3>, Read<"weight", "3 * size * size">,
                             Read<"h0", state>, MaybeRead<"bias", "size">,
                             Write<"hidden", states>,
                             Write<"gates", gates3, Data, ["x"]>,
                             Write<"inner", states>]>;
def gru_grad : Recurrent<"Gated", [Read<"dhidden", states>, Read<"gates", gates3>,
                                  Read<"inner", states>, Read<"hidden", states>,
                                  Read<"weight", "3 * size * size">, Read<"h0", state>,
                                  Write<"dx", gates3, Data, ["gates"]>,
                                  Write<"dinner", states, Data, ["inner"]>, Write<"dh0", state>]>;
def rnn : Recurrent<"Rnn", [Read<"x", states>, Read<"weight", "size * size">, Read<"h0", state>,
                            Write<"hidden", states, Data, ["x"]>], [Flag<"relu">]>;
def rnn_grad : Recurrent<"Rnn", [Read<"dhidden", states>, Read<"hidden", states>,
                                 Read<"weight", "size * size">,
                                 Write<"dx", states, Data, ["dhidden", "hidden"]>,
                                 Write<"dh0", state>], [Flag<"relu">]>;

// Rows ----------------------------------------------------------------------

defvar rows = [Extent<"rows">, Extent<"cols">];
defvar all = "rows * cols";

let types = floats in {
  def softmax : Kernel<[Read<"x", all>, Write<"y", all, Data, ["x"]>], rows>;
  def log_softmax : Kernel<[Read<"x", all>, Write<"y", all, Data, ["x"]>], rows>;
  def softmax_grad : Kernel<[Read<"dy", all>, Read<"y", all>, Write<"dx", all, Data, ["dy"]>],
                            rows>;
  def layer_norm : Kernel<[Read<"x", all>, Read<"scale", "cols">, MaybeRead<"bias", "cols">,
                           Write<"y", all, Data, ["x"]>, Write<"mean", "rows">,
                           Write<"rstd", "rows">],
                          rows # [Flag<"uncentered">], ["epsilon"]>;
  def layer_norm_grad_input
      : Kernel<[Read<"dy", all>, Read<"x", all>, Read<"scale", "cols">, Read<"mean", "rows">,
                Read<"rstd", "rows">, Write<"dx", all, Data, ["dy"]>],
               rows # [Flag<"uncentered">]>;
  def layer_norm_grad_params
      : Kernel<[Read<"dy", all>, Read<"x", all>, Read<"mean", "rows">, Read<"rstd", "rows">,
                Write<"dscale", "cols">, Write<"dbias", "cols">], rows>;
  def layer_norm_grad
      : Kernel<[Read<"dy", all>, Read<"x", all>, Read<"scale", "cols">, Read<"mean", "rows">,
                Read<"rstd", "rows">, MaybeRead<"addend", all>, MaybeRead<"bias", "cols">,
                Write<"dx", all, Data, ["dy", "addend"]>, Write<"dscale", "cols">,
                Write<"dbias", "cols">, MaybeWrite<"y", all, Data, ["x"]>,
                MaybeWrite<"yNarrow", "2 * rows * cols", Bytes>],
               rows # [Flag<"uncentered">]>;
}

let types = numeric, cudaTypes = numeric in {
  def reduce : Kernel<[Read<"x", all>, Write<"y", "rows">],
                      rows # [Choice<"kind", "Reduction", ["maximum", "minimum", "product",
                                                           "sum"]>]>;
  def reduce_prod_grad : Kernel<[Read<"dy", "rows">, Read<"x", all>, Write<"dx", all>], rows>;
  def arg_reduce : Kernel<[Read<"x", all>, Write<"y", "rows", I64>],
                          rows # [Choice<"kind", "ArgReduction", ["maximum", "minimum"]>,
                                  Flag<"last">]>;
  def cum_sum : Kernel<[Read<"x", all>, Write<"y", all, Data, ["x"]>],
                       rows # [Flag<"exclusive">, Flag<"reverse">]>;
  def top_k : Kernel<[Read<"x", all>, Write<"values", "rows * k">,
                      Write<"indices", "rows * k", I64>],
                     rows # [Extent<"k">, Flag<"smallest">]> {
    let requirements = ["k <= cols"];
  }
}

// Moving elements -----------------------------------------------------------

defvar axis = [Extent<"outer">, Extent<"axisDim">, Extent<"inner">, Extent<"count">];
defvar table = "outer * axisDim * inner";
defvar picked = "outer * count * inner";

def gather : Kernel<[Read<"table", table>, Read<"indices", "count", I64>,
                     Write<"out", picked>], axis> {
  let types = numeric;
  let cudaTypes = numeric;
}
def gather_grad : Kernel<[Read<"dy", picked>, Read<"indices", "count", I64>,
                          Write<"dtable", table>], axis> {
  let types = floats;
  let cudaTypes = floats;
}
def gather_grad_rows : Kernel<[Read<"dy", "count * inner">, Read<"indices", "count", I64>,
                               Write<"at", "count", I64>, Write<"sums", "count * inner">],
                              [Extent<"rows">, Extent<"inner">, Extent<"count">]>;
def gather_elements : Kernel<[Read<"x", table>, Read<"indices", picked, I64>,
                              Write<"y", picked>], axis> {
  let types = numeric;
  let cudaTypes = numeric;
}
def scatter_elements : Kernel<[Read<"x", table>, Read<"indices", picked, I64>,
                               Read<"updates", picked>, Write<"y", table, Data, ["x"]>],
                              axis # [Choice<"update", "ScatterUpdate",
                                             ["replace", "add", "multiply", "maximum",
                                              "minimum"]>]> {
  let types = numeric;
  let cudaTypes = numeric;
}

class ReadEach<string name, string count, Element element> : Read<name, count, element> {
  let repeated = 1;
}
class WriteEach<string name, string count, Element element> : Write<name, count, element> {
  let repeated = 1;
}
class UpdateEach<string name, string count, Element element = Data>
    : Update<name, count, element> {
  let repeated = 1;
}
defvar parts = [Extent<"outer">, Repeated<"bytes">];
def copy : Kernel<[Read<"in", "bytes", Bytes>, Write<"out", "bytes", Bytes, ["in"]>],
                  [Extent<"bytes">]>;
def concat : Kernel<[ReadEach<"in", "outer * bytes[each]", Bytes>,
                     Write<"out", "outer * sum(bytes)", Bytes>], parts>;
def split : Kernel<[Read<"in", "outer * sum(bytes)", Bytes>,
                    WriteEach<"out", "outer * bytes[each]", Bytes>], parts>;

// Random numbers ------------------------------------------------------------

/// The step's scalars; 16 is kHyperCount in runtime/include/plimsoll/Program.h.
defvar hyper = Read<"hyper", "16", F32>;

let types = floats, cudaTypes = floats in {
  def dropout : Kernel<[Read<"x", "count">, hyper, Write<"y", "count", Data, ["x"]>],
                       [Extent<"count">, Number<"stream">], ["p"]>;
  def random_numbers : Kernel<[hyper, Write<"y", "count">],
                              [Extent<"count">, Number<"stream">,
                               Choice<"distribution", "Distribution", ["uniform", "normal"]>]>;
}

// Batch normalisation -------------------------------------------------------

defvar channels = [Extent<"n">, Extent<"channels">, Extent<"inner">];
defvar elements = "n * channels * inner";

let types = floats in {
  def batch_norm : Kernel<[Read<"x", elements>, Read<"scale", "channels">, Read<"bias", "channels">,
                           MaybeRead<"addend", elements>, Write<"y", elements, Data, ["x", "addend"]>,
                           Write<"mean", "channels">, Write<"variance", "channels">],
                          channels # [Flag<"relu">], ["epsilon"]>;
  def batch_norm_grad
      : Kernel<[Read<"dy", elements>, Read<"x", elements>, Read<"scale", "channels">,
                Read<"mean", "channels">, Read<"variance", "channels">, MaybeRead<"y", elements>,
                Write<"dx", elements, Data, ["dy", "x", "y"]>, Write<"dscale", "channels">,
                Write<"dbias", "channels">], channels, ["epsilon"]>;
  def batch_norm_inference
      : Kernel<[Read<"x", elements>, Read<"scale", "channels">, Read<"bias", "channels">,
                Read<"mean", "channels">, Read<"variance", "channels">,
                Write<"y", elements, Data, ["x"]>], channels, ["epsilon"]>;
}
def batch_norm_update
    : Kernel<[UpdateEach<"runningMean", "channels[each]">,
              UpdateEach<"runningVariance", "channels[each]">,
              ReadEach<"mean", "channels[each]", Data>, ReadEach<"variance", "channels[each]", Data>],
             [Extent<"count">, Repeated<"channels">], ["momentum"]>;

// Losses --------------------------------------------------------------------

/// The options of runtime/kernels/cpu/CrossEntropy.cpp.
class CrossEntropy<list<Buffer> further>
    : Kernel<[Read<"logits", "rows * classes">,
              Read<"labels", "rowsBefore + rows + rowsBehind", I64>] # further,
             [Extent<"rows">, Extent<"classes">, Extent<"rowsBefore", "0">,
              Extent<"rowsBehind", "0">]> {
  let types = floats;
  let requirements = ["rows % inner == 0"];
  let arguments = "CrossEntropy";
  let options = "CrossEntropyOptions";
  let optionalBuffers = [MaybeRead<"weights", "classes">];
  let optionalSizes = [Number<"ignored", "-100">, Positive<"inner", "1">];
  let optionalScalars = ["smoothing"];
  let together = 1;
}
defvar toLogits = Write<"dlogits", "rows * classes", Data, ["logits"]>;
def cross_entropy : CrossEntropy<[Write<"loss", "1">, Write<"accuracy", "1">]>;
def cross_entropy_with_grad
    : CrossEntropy<[Write<"loss", "1">, Write<"accuracy", "1">, toLogits]>;
def cross_entropy_grad : CrossEntropy<[Read<"dloss", "1">, toLogits]>;

class Divergence<list<Buffer> further>
    : Kernel<[Read<"logits", "rows * classes">, Read<"target", "rows * classes">] # further,
             [Extent<"rows">, Extent<"classes">, Extent<"batch">], ["temperature"]> {
  let types = floats;
  let arguments = "KlDivergence";
}
def kl_divergence : Divergence<[Write<"loss", "1">]>;
def kl_divergence_grad : Divergence<[Read<"dloss", "1">, toLogits]>;

class Pointwise<list<Buffer> further>
    : Kernel<[Read<"x", "count">, Read<"target", "count">] # further,
             [Extent<"count">,
              Choice<"kind", "PointwiseLoss", ["crossEntropy", "absolute", "huber"]>],
             ["delta"]> {
  let types = floats;
  let arguments = "PointwiseLoss";
}
def pointwise_loss : Pointwise<[Write<"loss", "1">]>;
def pointwise_loss_grad
    : Pointwise<[Read<"dloss", "1">, Write<"dx", "count", Data, ["x", "target"]>]>;

// Updates -------------------------------------------------------------------

/// The scales of the blocks of a state's codes; 256 is kStateBlock in
/// runtime/include/plimsoll/StateCodes.h.
class ScalesOf<string state>
    : UpdateEach<state # "_scales", "(counts[each] + 255) / 256", F32> {
  let type = "u8";
}

/// The kernel of a rule, for one parameter or several: all parameters, all gradients, and so on. The
/// data of its key are the states. The optional buffer is a factor on the gradients; the optional
/// scalars are settings of a parameter group that differ from the step's.
class UpdateKernel<UpdateRule rule>
    : Kernel<[UpdateEach<"param", "counts[each]", F32>, ReadEach<"grad", "counts[each]", F32>] #
                 !foreach(state, rule.states, UpdateEach<state, "counts[each]">) #
                 !foreach(state, rule.states, ScalesOf<state>) # [hyper],
             [Flag<"decayed">] # !foreach(flag, rule.flags, Flag<flag>) # [Repeated<"counts">],
             rule.numbers> {
  let types = !if(!empty(rule.states), ["f32"], ["f32", "bf16", "u8"]);
  let cudaTypes = types;
  let options = "UpdateOptions";
  let optionalBuffers = [Read<"clipScale", "1", F32>];
  let optionalScalars = ["lrScale", "decay", "limit"];
}
foreach rule = !instances<UpdateRule>() in
  def rule.name : UpdateKernel<rule>;

/// The kernel of a rule for rows. `at` has the number of each row in `gradient`, and `rows` for
/// none; only the rows of the table and of its states that it names are read and written.
class UpdateRowsKernel<RowsRule ofRows>
    : Kernel<[Update<"param", "rows * inner", F32>, Read<"gradient", "count * inner", F32>,
              Read<"at", "count", I64>] #
                 !foreach(state, ofRows.rule.states, Update<state, "rows * inner">) #
                 [MaybeUpdate<"decaySums", "rows + 1", F64>, hyper],
             [Flag<"decayed">, Extent<"rows">, Extent<"inner">, Extent<"count">],
             ofRows.rule.numbers> {
  let types = !if(!empty(ofRows.rule.states), ["f32"], ["f32", "bf16"]);
  let cudaTypes = types;
  let options = "UpdateOptions";
  let optionalBuffers = [Read<"clipScale", "1", F32>];
  let optionalScalars = ["lrScale", "decay", "limit"];
}
foreach ofRows = !instances<RowsRule>() in
  def ofRows.name : UpdateRowsKernel<ofRows>;

def keep_micro_batch : Kernel<[Update<"all", "batches * count">, Read<"part", "count">, hyper],
                              [Extent<"batches">, Extent<"count">]> {
  let types = ["f32", "i64"];
  let cudaTypes = types;
}
def accumulate : Kernel<[Update<"sum", "count">, Read<"gradient", "count">, hyper],
                        [Extent<"count">]>;
def sum_squares : Kernel<[Read<"x", "count">, Write<"sum", "1", F64>], [Extent<"count">]>;
def clip_by_norm : Kernel<[ReadEach<"squares", "1", F64>, Write<"scale", "1">,
                           Write<"norm", "1">],
                          [Extent<"count">], ["maxNorm"]>;

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELS
