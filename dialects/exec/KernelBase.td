//===- KernelBase.td - how a kernel of the runtime is described ----------------===//
//
// A record holds what a launch of the kernel must bring: buffers, sizes and scalars in the order
// of its header comment in runtime/kernels. plimsoll-tblgen prints from it the declarations and
// registries of the runtime, the structs that name sizes in calls, and what exec-verify checks.
//
// How many elements a buffer has is an expression of C over the names of the sizes. Besides the
// operators there are
//   volume(t)         the product of the three numbers of a Triple
//   span(n, stride)   the way from the first to the last of n elements, 0 for n = 0
//   sum(r), r[each]   all numbers of a Repeated size; the one of the buffer itself
//   fits(...)         true if 32 bits can count along the window (KernelSignature.cpp)
// Every operation saturates, so that no product of huge sizes looks small.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_KERNELBASE
#define PLIMSOLL_DIALECTS_EXEC_KERNELBASE

// Elements ------------------------------------------------------------------

/// What a buffer holds. `cpp` is an enumerator of exec::BufferElement.
class Element<string name> {
  string cpp = name;
}
def Data : Element<"data">; // of the type that the launch tells; f32 where it tells none
def F32 : Element<"f32">;
def F64 : Element<"f64">;
def I64 : Element<"i64">;
def Bf16 : Element<"bf16">;
def Bytes : Element<"byte">; // of any type; counted in bytes
def Mask : Element<"mask">;  // bool where the size `maskKind` is 1, else data

/// How a launch tells the type of its data, as its last size: an enumerator of exec::TypeRule.
class TypeRule<string name> {
  string cpp = name;
}
def Untold : TypeRule<"untold">;                 // it does not: data is f32
def MaybeFloat : TypeRule<"maybeFloat">;         // f32 or f64; no size for f32
def MaybeAny : TypeRule<"maybeAny">;             // any; no size for f32
def AlwaysFloat : TypeRule<"alwaysFloat">;       // f32 or f64
def AlwaysAny : TypeRule<"alwaysAny">;

// Buffers -------------------------------------------------------------------

class Buffer<string bufferRole, string bufferName, string elementCount, Element which> {
  string role = bufferRole; // of exec::BufferRole
  string name = bufferName;
  string count = elementCount;
  Element element = which;
  list<string> shares = []; // buffers that are read, whose bytes this one may be written over
  bit nullable = 0;         // may be absent
  string when = "";         // if told: is there where this holds, and absent where not
  bit repeated = 0;         // as many of them as the Repeated size, or the first size, says
}
class Read<string name, string count, Element element = Data>
    : Buffer<"read", name, count, element>;
class Write<string name, string count, Element element = Data, list<string> over = []>
    : Buffer<"write", name, count, element> {
  let shares = over;
}
/// Is read and written in place.
class Update<string name, string count, Element element = Data>
    : Buffer<"update", name, count, element>;
class MaybeRead<string name, string count, Element element = Data> : Read<name, count, element> {
  let nullable = 1;
}
class MaybeUpdate<string name, string count, Element element = Data>
    : Update<name, count, element> {
  let nullable = 1;
}
class ReadWhen<string condition, string name, string count, Element element>
    : Read<name, count, element> {
  let nullable = 1;
  let when = condition;
}

// Sizes ---------------------------------------------------------------------

/// One number; `standard` is what a call need not tell.
class Size<string sizeName, string numberRule, string otherwise = ""> {
  string name = sizeName;
  string rule = numberRule; // of exec::SizeRule
  int count = 1;            // 0: repeated
  string standard = otherwise;
  string enumName = "";
  list<string> cases = [];
}
class Extent<string name, string otherwise = ""> : Size<name, "extent", otherwise>;     // 0 or more
class Positive<string name, string otherwise = ""> : Size<name, "positive", otherwise>; // 1 or more
class Number<string name, string otherwise = ""> : Size<name, "any", otherwise>;
class Flag<string name> : Size<name, "flag", "0">;
/// One of `all`, an enum of the runtime.
class Choice<string name, string type, list<string> all> : Size<name, "choice", "0"> {
  let enumName = type;
  let cases = all;
}
/// Three numbers, one for each dimension of a window.
class Triple<string name, string rule, string otherwise> : Size<name, rule, otherwise> {
  let count = 3;
}
class Repeated<string name> : Size<name, "extent"> {
  let count = 0;
}

// Kernels -------------------------------------------------------------------

class Library<string name> {
  string cpp = name;
}
def Cpu : Library<"cpu">;
def OneDnn : Library<"oneDnn">; // the CPU's, where oneDNN is found
def Cuda : Library<"cuda">;

class Kernel<list<Buffer> allBuffers, list<Size> allSizes, list<string> allScalars = []> {
  list<Buffer> buffers = allBuffers;
  list<Size> sizes = allSizes;
  list<string> scalars = allScalars;
  TypeRule type = Untold;
  list<string> requirements = []; // of the sizes
  list<Library> libraries = [Cpu, Cuda];
  bit doubleOnCuda = 0; // the type may be f64 there too
  // The struct of the runtime that names sizes and scalars, without "Arguments"; empty: the name
  // of the kernel in camel case.
  string arguments = "";
  // What may follow behind the others, in the struct `options` of the arguments; the type stands
  // behind these sizes too. `together`: all of it or nothing; else buffers come by themselves.
  string options = "";
  list<Buffer> optionalBuffers = [];
  list<Size> optionalSizes = [];
  list<string> optionalScalars = [];
  bit together = 0;
}

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELBASE
