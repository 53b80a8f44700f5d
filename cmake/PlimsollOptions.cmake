# Flags for all code of the project.
option(PLIMSOLL_WERROR "treat warnings as errors" OFF)
set(PLIMSOLL_SANITIZE "" CACHE STRING "sanitizers for the compiler's own code, as for -fsanitize=")

add_compile_options(-Wall -Wextra -fno-semantic-interposition)
if(PLIMSOLL_WERROR)
  add_compile_options(-Werror)
endif()
if(PLIMSOLL_SANITIZE)
  add_link_options(-fsanitize=${PLIMSOLL_SANITIZE})
endif()

find_program(PLIMSOLL_CCACHE ccache)
if(PLIMSOLL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The settings without which ccache does not cache compilations with a precompiled header.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${PLIMSOLL_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${PLIMSOLL_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${PLIMSOLL_CCACHE})
endif()
