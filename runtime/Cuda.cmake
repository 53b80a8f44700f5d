# The runtime of programs for GPUs; included by runtime/CMakeLists.txt.
#   plimsoll-emulator             static: runs CUDA kernels on the CPU
#   plimsoll-runtime-emulator, plimsoll-main-emulator, plimsoll-kernels-emulator
#                                 like those of an instruction set; only if Boost.Context is found
#   plimsoll-runtime-cuda, plimsoll-main-cuda
#                                 for a GPU; only where the CUDA toolkit is found

file(GLOB cuda_sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS
     kernels/cuda/*.cu)

find_path(PLIMSOLL_BOOST_INCLUDE boost/context/fiber.hpp)
find_library(PLIMSOLL_BOOST_CONTEXT boost_context)
if(PLIMSOLL_BOOST_INCLUDE AND PLIMSOLL_BOOST_CONTEXT)
  set(PLIMSOLL_HAVE_EMULATOR TRUE CACHE INTERNAL "")
else()
  set(PLIMSOLL_HAVE_EMULATOR FALSE CACHE INTERNAL "")
  message(STATUS "plimsoll: built without Boost.Context (Debian: libboost-context-dev): the emulator "
                 "of CUDA kernels and --target=cuda are left out")
endif()

# nvcc takes a minute for all kernels and architectures: OFF skips it.
option(PLIMSOLL_CUDA "build the CUDA runtime where the toolkit is found" ON)
set(PLIMSOLL_HAVE_CUDA FALSE CACHE INTERNAL "")
if(PLIMSOLL_CUDA)
  include(CheckLanguage)
  find_program(PLIMSOLL_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
  if(PLIMSOLL_NVCC AND NOT CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_COMPILER ${PLIMSOLL_NVCC})
  endif()
  # The kernels do not depend on the architecture, so one PTX is assembled for each of them: nvcc
  # would make the PTX three times.
  set(cuda_code "")
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES OFF)
    set(cuda_code -gencode=arch=compute_80,code=[compute_80,sm_80,sm_90,sm_100])
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # CMake 3.25 does not know that nvcc 13 has it
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
    set(PLIMSOLL_HAVE_CUDA TRUE CACHE INTERNAL "")
  endif()
endif()
if(NOT PLIMSOLL_HAVE_CUDA)
  message(STATUS "plimsoll: built without the CUDA toolkit: programs for GPUs can be emitted as "
                 "source (--target=cuda --emit=source) and run on the emulator, but not be built")
endif()

# The emulator, and plimsoll_emulated(TARGET), which compiles a target's sources as kernels. The
# emulator defines the functions that -fsanitize=thread calls at every access; the sanitizer is
# never linked.
if(PLIMSOLL_HAVE_EMULATOR)
  add_library(plimsoll-emulator STATIC
    devices/emulator/Faults.cpp
    devices/emulator/Grid.cpp
    devices/emulator/Hooks.cpp
    devices/emulator/Launch.cpp
    devices/emulator/Memory.cpp)
  target_compile_features(plimsoll-emulator PUBLIC cxx_std_20)
  target_compile_options(plimsoll-emulator PRIVATE -O3 -Wall -Wextra -fno-strict-aliasing)
  target_include_directories(plimsoll-emulator PUBLIC include PRIVATE ${PLIMSOLL_BOOST_INCLUDE})
  target_link_libraries(plimsoll-emulator PUBLIC ${PLIMSOLL_BOOST_CONTEXT} ${CMAKE_DL_LIBS})
  set_target_properties(plimsoll-emulator PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()

function(plimsoll_emulated name)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -O2 -march=x86-64-v3 -ffp-contract=off -fno-math-errno
                         -fno-strict-aliasing -Wall -Wextra -fsanitize=thread)
endfunction()

# Sets `result` to files for the host compiler, each of which includes one of the .cu files.
function(plimsoll_as_cpp result)
  set(files "")
  foreach(source IN LISTS ARGN)
    get_filename_component(stem ${source} NAME_WE)
    get_filename_component(path ${source} ABSOLUTE)
    set(file ${CMAKE_CURRENT_BINARY_DIR}/emulated/${stem}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "#include \"${path}\"\n" @ONLY)
    list(APPEND files ${file})
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

if(PLIMSOLL_HAVE_EMULATOR AND "v3" IN_LIST PLIMSOLL_ISA)
  plimsoll_as_cpp(emulated_sources ${cuda_sources})
  plimsoll_objects(plimsoll-emulated-objects ${emulated_sources})
  plimsoll_emulated(plimsoll-emulated-objects)
  # The emulated device, and replacements of the GPU's libraries by the CPU's kernels.
  plimsoll_objects(plimsoll-stand-in-objects devices/emulator/Matmul.cpp)
  plimsoll_objects(plimsoll-emulator-device-objects devices/emulator/EmulatorDevice.cpp)
  plimsoll_objects(plimsoll-emulator-registry-objects kernels/cuda/Registry.cpp)
  set(objects $<TARGET_OBJECTS:plimsoll-emulator> $<TARGET_OBJECTS:plimsoll-emulated-objects>
      $<TARGET_OBJECTS:plimsoll-stand-in-objects> $<TARGET_OBJECTS:plimsoll-kernel-objects-v3>)

  add_library(plimsoll-runtime-emulator STATIC ${objects} $<TARGET_OBJECTS:plimsoll-core-objects>
              $<TARGET_OBJECTS:plimsoll-emulator-device-objects>)
  target_include_directories(plimsoll-runtime-emulator PUBLIC include)
  target_link_libraries(plimsoll-runtime-emulator PUBLIC ${PLIMSOLL_BOOST_CONTEXT}
                        OpenMP::OpenMP_CXX Threads::Threads ${CMAKE_DL_LIBS})
  add_library(plimsoll-main-emulator STATIC $<TARGET_OBJECTS:plimsoll-main-objects>)
  target_link_libraries(plimsoll-main-emulator PUBLIC plimsoll-runtime-emulator)
  add_library(plimsoll-kernels-emulator SHARED ${objects}
              $<TARGET_OBJECTS:plimsoll-emulator-registry-objects>)
  target_link_libraries(plimsoll-kernels-emulator PRIVATE ${PLIMSOLL_BOOST_CONTEXT}
                        OpenMP::OpenMP_CXX ${CMAKE_DL_LIBS})
endif()

# Without contraction, so that kernels with the same arithmetic as the CPU's have the same bits.
set(PLIMSOLL_CUDA_FLAGS -O3 --fmad=false --expt-relaxed-constexpr CACHE INTERNAL "")

if(PLIMSOLL_HAVE_CUDA)
  find_package(CUDAToolkit REQUIRED)
  # The kernels of the library must compile without warnings and spilled registers.
  set_source_files_properties(${cuda_sources} PROPERTIES
                              COMPILE_OPTIONS "-Xptxas;-warn-spills,-Werror")
  add_library(plimsoll-runtime-cuda STATIC ${cuda_sources} devices/cuda/CublasAlgorithm.cpp
              devices/cuda/CudaDevice.cpp
              devices/cuda/CudaError.cpp devices/cuda/FindDevice.cpp
              devices/cuda/MatmulCublas.cu $<TARGET_OBJECTS:plimsoll-core-objects>)
  target_compile_options(plimsoll-runtime-cuda PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:${PLIMSOLL_CUDA_FLAGS};${cuda_code};-Werror;all-warnings>"
    "$<$<COMPILE_LANGUAGE:CXX>:-O2;-Wall;-Wextra>")
  target_include_directories(plimsoll-runtime-cuda PUBLIC include)
  target_link_libraries(plimsoll-runtime-cuda PUBLIC CUDA::cudart_static CUDA::cublasLt
                        OpenMP::OpenMP_CXX Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(plimsoll-runtime-cuda PROPERTIES CXX_STANDARD 20 CUDA_STANDARD 20
                        POSITION_INDEPENDENT_CODE ON)
  add_library(plimsoll-main-cuda STATIC $<TARGET_OBJECTS:plimsoll-main-objects>)
  target_link_libraries(plimsoll-main-cuda PUBLIC plimsoll-runtime-cuda)
endif()

# plimsoll_cuda_program(NAME SUFFIX step.cu program.cpp): an emitted step as a program; SUFFIX is
# cuda or emulator. The project has set no CMAKE_CXX_STANDARD.
function(plimsoll_cuda_program name suffix step program)
  if(suffix STREQUAL "emulator")
    plimsoll_as_cpp(step ${step})
    add_library(${name}-step OBJECT ${step})
    plimsoll_emulated(${name}-step)
    target_include_directories(${name}-step PRIVATE
                               $<TARGET_PROPERTY:plimsoll-runtime-emulator,INTERFACE_INCLUDE_DIRECTORIES>)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}-step> ${program})
  else()
    target_sources(${name} PRIVATE ${step} ${program})
    target_compile_options(${name} PRIVATE
                           "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;${PLIMSOLL_CUDA_FLAGS}>")
  endif()
  target_compile_options(${name} PRIVATE
                         "$<$<COMPILE_LANGUAGE:CXX>:-std=c++20;-O2;SHELL:-Xassembler \"-I${CMAKE_CURRENT_SOURCE_DIR}\">")
  target_link_libraries(${name} PRIVATE plimsoll-main-${suffix})
endfunction()
