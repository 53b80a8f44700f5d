//===- KernelBase.td - classes of the records of kernels -----------------------===//
//
// A record defines the buffers, sizes and scalars that a launch of the kernel takes, in the order
// of the kernel's header comment in runtime/kernels. plimsoll-tblgen prints from it the
// declarations and registries of the runtime, the structs that name sizes in calls, and the checks
// of exec-verify.
//
// The number of elements of a buffer is a C expression over the names of the sizes. Besides
// operators it may use
//   volume(t)         the product of the three numbers of a Triple
//   span(n, stride)   the way from the first to the last of n elements, 0 for n = 0
//   sum(r), r[each]   all numbers of a Repeated size; the one of the buffer itself
//   fits(...)         true if 32 bits can count along the window (KernelSignature.cpp)
// All operations saturate, so that no product of huge sizes appears small.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_KERNELBASE
#define PLIMSOLL_DIALECTS_EXEC_KERNELBASE

// Elements ------------------------------------------------------------------

/// What a buffer holds. `cpp` is an enumerator of exec::BufferElement.
class Element<string name> {
  string cpp = name;
}
def Data : Element<"data">;   // of the type of the kernel's key
def Total : Element<"total">; // sums of data: f64 if data is f64, else f32
def F32 : Element<"f32">;
def F64 : Element<"f64">;
def I64 : Element<"i64">;
def Bytes : Element<"byte">; // of any type; counted in bytes
def Mask : Element<"mask">;  // bool if the size `maskKind` is 1, else a total

/// The types of data that a kernel may have: enumerators of ElementType. A bool is a u8.
defvar floats = ["f32", "f64"];
defvar numeric = ["f32", "f64", "i32", "i64", "u8"];

// Buffers -------------------------------------------------------------------

class Buffer<string bufferRole, string bufferName, string elementCount, Element which> {
  string role = bufferRole; // an enumerator of exec::BufferRole
  string name = bufferName;
  string count = elementCount;
  Element element = which;
  list<string> shares = []; // reads whose bytes this buffer may be written over
  bit nullable = 0;         // may be absent
  string when = "";         // if set: present if and only if this expression holds
  bit repeated = 0;         // as many as the Repeated size has numbers, or as the first size says
  string type = "";         // if set: present if and only if the kernel's key has this type of data
}
class Read<string name, string count, Element element = Data>
    : Buffer<"read", name, count, element>;
class Write<string name, string count, Element element = Data, list<string> over = []>
    : Buffer<"write", name, count, element> {
  let shares = over;
}
/// A buffer that is read and overwritten.
class Update<string name, string count, Element element = Data>
    : Buffer<"update", name, count, element>;
class MaybeRead<string name, string count, Element element = Data> : Read<name, count, element> {
  let nullable = 1;
}
class MaybeWrite<string name, string count, Element element = Data, list<string> over = []>
    : Write<name, count, element, over> {
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
class WriteWhen<string condition, string name, string count, Element element>
    : Write<name, count, element> {
  let nullable = 1;
  let when = condition;
}

// Sizes ---------------------------------------------------------------------

/// One number. A call may leave it out if `standard` is set, which is then its value.
class Size<string sizeName, string numberRule, string otherwise = ""> {
  string name = sizeName;
  string rule = numberRule; // an enumerator of exec::SizeRule
  int count = 1;            // 0: repeated
  string standard = otherwise;
  string enumName = "";
  list<string> cases = [];
}
class Extent<string name, string otherwise = ""> : Size<name, "extent", otherwise>;     // 0 or more
class Positive<string name, string otherwise = ""> : Size<name, "positive", otherwise>; // 1 or more
class Number<string name, string otherwise = ""> : Size<name, "any", otherwise>;
class Flag<string name> : Size<name, "flag", "0">;
/// One of `all`, the enumerators of the runtime's enum `type`.
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
def OneDnn : Library<"oneDnn">; // for the CPU, if oneDNN is found
def Cuda : Library<"cuda">;

class Kernel<list<Buffer> allBuffers, list<Size> allSizes, list<string> allScalars = []> {
  list<Buffer> buffers = allBuffers;
  list<Size> sizes = allSizes;
  list<string> scalars = allScalars;
  // The kernel's key is its name, the type of its data, and a precision. Each library has a list of
  // types; CUDA's also has precisions other than `stored`.
  list<string> types = ["f32"];
  list<string> cudaTypes = ["f32"];
  list<string> cudaPrecisions = [];
  list<string> requirements = []; // expressions over the sizes that must hold
  list<Library> libraries = [Cpu, Cuda];
  // The runtime's struct that names sizes and scalars, without "Arguments"; empty: the kernel's
  // name in camel case.
  string arguments = "";
  // Parts that may follow the others, in the struct `options` of the arguments. With `together` all are present or none; without, buffers are independent of
  // the rest.
  string options = "";
  list<Buffer> optionalBuffers = [];
  list<Size> optionalSizes = [];
  list<string> optionalScalars = [];
  bit together = 0;
}

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELBASE
