# cmake -S . -B build && cmake --build build && build/train --help
cmake_minimum_required(VERSION 3.20)
project(train CXX)
set(CMAKE_CXX_STANDARD 20)
set(PLIMSOLL_ISA {{isa}} CACHE STRING "")
add_subdirectory(runtime)
add_executable(train step.cpp program.cpp)
target_compile_options(train PRIVATE {{flags}} "SHELL:-Xassembler \"-I${CMAKE_CURRENT_SOURCE_DIR}\"")
target_link_libraries(train PRIVATE {{libraries}})
add_custom_command(TARGET train POST_BUILD COMMAND ${CMAKE_COMMAND} -E copy
  ${CMAKE_CURRENT_SOURCE_DIR}/train.safetensors $<TARGET_FILE:train>.safetensors)
