# cmake -S . -B build && cmake --build build && build/train --help
cmake_minimum_required(VERSION 3.24)
project(train CXX CUDA)
set(PLIMSOLL_ISA v3 CACHE STRING "")
set(CMAKE_CUDA_ARCHITECTURES {{architecture}})
add_subdirectory(runtime)
add_executable(train)
plimsoll_cuda_program(train cuda step.cu program.cpp)
add_custom_command(TARGET train POST_BUILD COMMAND ${CMAKE_COMMAND} -E copy
  ${CMAKE_CURRENT_SOURCE_DIR}/train.safetensors $<TARGET_FILE:train>.safetensors)
