# MLIR and LLVM 22, linked as the shared libraries that Debian packages.
# The packages' version file accepts an exact version only, so the version is checked here.
list(APPEND CMAKE_PREFIX_PATH /usr/lib/llvm-22)
find_package(MLIR REQUIRED CONFIG)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "plimsoll needs MLIR 22, found ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")
endif()
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})

add_library(PlimsollMLIR INTERFACE)
separate_arguments(PLIMSOLL_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(PlimsollMLIR INTERFACE ${PLIMSOLL_LLVM_DEFINITIONS})
target_link_libraries(PlimsollMLIR INTERFACE MLIR LLVM)
if(NOT LLVM_ENABLE_RTTI)
  target_compile_options(PlimsollMLIR INTERFACE -fno-rtti)
endif()
target_compile_options(PlimsollMLIR INTERFACE -fno-exceptions -Wno-unused-parameter -Wno-restrict)

# Precompiles the headers of MLIR and of the nn dialect, which are most of the work of compiling a
# file that uses them. Files still include what they use: -DPLIMSOLL_PCH=OFF finds missing includes.
option(PLIMSOLL_PCH "compile the headers of MLIR and of the nn dialect once" ON)
set(PLIMSOLL_PRECOMPILED ${CMAKE_SOURCE_DIR}/dialects/nn/NNDialect.h
    <mlir/Dialect/Func/IR/FuncOps.h> <mlir/IR/PatternMatch.h> <mlir/Pass/Pass.h>)

# Adds the sanitizers of PLIMSOLL_SANITIZE, if any, to a target of the compiler.
function(plimsoll_sanitize name)
  if(PLIMSOLL_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${PLIMSOLL_SANITIZE}
                           -fno-sanitize=vptr -fno-omit-frame-pointer)
  endif()
endfunction()

# Gives the target `name` a precompiled header: a new one, or that of the library `ARGN`.
function(plimsoll_precompile name)
  if(NOT PLIMSOLL_PCH)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # With a precompiled header GCC does not treat the standard library as system headers, and warns
    # about its string concatenation.
    target_compile_options(${name} PRIVATE -fpch-preprocess -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(ARGN)
    target_precompile_headers(${name} REUSE_FROM ${ARGN})
  else()
    target_precompile_headers(${name} PRIVATE ${PLIMSOLL_PRECOMPILED})
  endif()
  add_dependencies(${name} PlimsollNNInterfacesIncGen PlimsollNNOpsIncGen)
endfunction()

if(PLIMSOLL_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  add_library(PlimsollPrecompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(PlimsollPrecompiled PRIVATE PlimsollMLIR)
  plimsoll_sanitize(PlimsollPrecompiled)
  plimsoll_precompile(PlimsollPrecompiled)
endif()

# Adds a static library of the compiler that uses MLIR. The generated headers of all dialects and
# passes that DEPENDS names are built first.
function(plimsoll_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC PlimsollMLIR ${ARG_LINK_LIBS})
  plimsoll_sanitize(${name})
  plimsoll_precompile(${name} PlimsollPrecompiled)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# Generates Passes.h.inc of a folder of passes.
function(plimsoll_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(Plimsoll${name}PassesIncGen)
endfunction()
