# Flags that every target shares.
add_library(broker_options INTERFACE)
target_compile_options(broker_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports the first two inside its own headers at -O2, on correct code, the third for members
  # that a designated initializer leaves to their defaults, and the fourth for every source of a unity
  # batch, which it takes for a header.
  target_compile_options(broker_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-missing-field-initializers -Wno-subobject-linkage)
endif()
if(BROKER_SANITIZE)
  target_compile_options(broker_options INTERFACE -fsanitize=${BROKER_SANITIZE}
    -fno-sanitize-recover=all)
  target_link_options(broker_options INTERFACE -fsanitize=${BROKER_SANITIZE})
endif()
option(BROKER_HARDEN "Harden the release build (off: to measure what that costs)" ON)
if(BROKER_HARDEN AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT BROKER_SANITIZE)
  include(${CMAKE_CURRENT_LIST_DIR}/Hardening.cmake)
  target_compile_options(broker_options INTERFACE ${BROKER_HARDENING_COMPILE})
  target_link_options(broker_options INTERFACE ${BROKER_HARDENING_LINK})
endif()
# A dead section is dropped at link time: the daemon lives on a small machine.
target_compile_options(broker_options INTERFACE -ffunction-sections -fdata-sections)
target_link_options(broker_options INTERFACE -Wl,--gc-sections)

find_program(CCACHE ccache)
if(CCACHE)
  # Another clone of the same tree finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

# Unity batches: headers cost more than code, so ten sources are compiled as one. A batch is one
# translation unit, hence names in unnamed namespaces must differ within a room; what must stand
# alone sets SKIP_UNITY_BUILD_INCLUSION. -DCMAKE_UNITY_BUILD=OFF builds each source by itself.
option(CMAKE_UNITY_BUILD "Compile sources in batches" ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)
