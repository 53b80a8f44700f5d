# MLIR and LLVM 22, linked as the shared libraries that Debian packages.
# The packages' version file accepts an exact version only: it is checked here instead.
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

# A library of the compiler: static, on MLIR, with the generated headers of all dialects
# and passes that its DEPENDS name built first.
function(plimsoll_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC PlimsollMLIR ${ARG_LINK_LIBS})
  if(PLIMSOLL_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${PLIMSOLL_SANITIZE}
                           -fno-sanitize=vptr -fno-omit-frame-pointer)
  endif()
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
