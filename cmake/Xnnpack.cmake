# Builds XNNPACK for this preset's kind of machine code, once, and imports it as
#   tessera::xnnpack      the operators
#   tessera::pthreadpool  what spreads them over threads; a stand-in with one thread where there are none
#
# The build lies in the tool chain's folder and not in the preset's, so that presets of one kind share it, and
# checkouts that share the tool chain too. CMake keeps a build to one source folder, so the project is copied beside
# its build, and both are named after the project's text: one that changes gets a build of its own, and takes none
# away from a checkout that has the other.

if(NOT EMSCRIPTEN)
  set(XNNPACK_KIND native)
elseif(TESSERA_RELAXED_SIMD)
  set(XNNPACK_KIND wasm-relaxed)
else()
  set(XNNPACK_KIND wasm-simd)
endif()
set(XNNPACK_PROJECT ${CMAKE_CURRENT_LIST_DIR}/xnnpack/CMakeLists.txt
  ${CMAKE_CURRENT_LIST_DIR}/xnnpack/used_kernels.h)
if(EMSCRIPTEN)
  list(APPEND XNNPACK_PROJECT ${CMAKE_CURRENT_LIST_DIR}/wasm-clang.cmake)
endif()
set(hashes)
foreach(file IN LISTS XNNPACK_PROJECT)
  file(SHA256 ${file} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 hash ${hashes})
string(SUBSTRING ${hash} 0 10 hash)
set(XNNPACK_BUILD ${TESSERA_TOOLCHAIN}/build/xnnpack-${XNNPACK_KIND}-${hash})

if(NOT EXISTS ${TESSERA_TOOLCHAIN}/sources/xnnpack)
  message(FATAL_ERROR "The sources of XNNPACK are not in ${TESSERA_TOOLCHAIN}: run `node scripts/setup.mjs` first.")
endif()

# Two checkouts may be building at the same time.
file(LOCK ${XNNPACK_BUILD} DIRECTORY GUARD FILE)
foreach(file IN LISTS XNNPACK_PROJECT)
  get_filename_component(name ${file} NAME)
  # Also makes CMake look again when the file changes.
  configure_file(${file} ${XNNPACK_BUILD}/project/${name} COPYONLY)
endforeach()

set(arguments -S ${XNNPACK_BUILD}/project -B ${XNNPACK_BUILD} -G Ninja
  # No build type: the flags, optimisation included, are given file by file.
  -DCMAKE_BUILD_TYPE=None
  -DTESSERA_KIND=${XNNPACK_KIND}
  -DTESSERA_SOURCES_DIR=${TESSERA_TOOLCHAIN}/sources
  -DTESSERA_INCLUDE_DIR=${TESSERA_TOOLCHAIN}/include)
if(EMSCRIPTEN)
  list(APPEND arguments -DCMAKE_TOOLCHAIN_FILE=${XNNPACK_BUILD}/project/wasm-clang.cmake
    -DTESSERA_EMSCRIPTEN=${TESSERA_EMSCRIPTEN})
endif()
if(CCACHE)
  list(APPEND arguments -DCMAKE_C_COMPILER_LAUNCHER=${CCACHE} -DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE})
endif()
message(STATUS "XNNPACK for ${XNNPACK_KIND}: building in ${XNNPACK_BUILD} (minutes the first time)")
execute_process(COMMAND ${CMAKE_COMMAND} ${arguments} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 ${CMAKE_COMMAND} --build ${XNNPACK_BUILD}
  COMMAND_ERROR_IS_FATAL ANY)

add_library(tessera_pthreadpool STATIC IMPORTED)
add_library(tessera::pthreadpool ALIAS tessera_pthreadpool)
if(EMSCRIPTEN AND NOT TESSERA_THREADS)
  set_target_properties(tessera_pthreadpool PROPERTIES
    IMPORTED_LOCATION ${XNNPACK_BUILD}/lib/libpthreadpool-shim.a)
else()
  find_package(Threads REQUIRED)
  set_target_properties(tessera_pthreadpool PROPERTIES
    IMPORTED_LOCATION ${XNNPACK_BUILD}/lib/libpthreadpool-threads.a)
  target_link_libraries(tessera_pthreadpool INTERFACE Threads::Threads)
endif()

add_library(tessera_xnnpack STATIC IMPORTED)
add_library(tessera::xnnpack ALIAS tessera_xnnpack)
set_target_properties(tessera_xnnpack PROPERTIES IMPORTED_LOCATION ${XNNPACK_BUILD}/lib/libxnnpack.a)
# Not in the build's folder: the same path for every kind, so that ccache knows files that include it again.
target_include_directories(tessera_xnnpack SYSTEM INTERFACE
  ${TESSERA_TOOLCHAIN}/sources/xnnpack/include ${TESSERA_TOOLCHAIN}/sources/pthreadpool/include)
target_link_libraries(tessera_xnnpack INTERFACE tessera::pthreadpool)
# Only the kernels that can be reached are in it (USED_KERNELS in xnnpack/CMakeLists.txt), so what cannot be reached has
# to go. Emscripten's linker does that by itself.
if(APPLE)
  target_link_options(tessera_xnnpack INTERFACE -Wl,-dead_strip)
elseif(NOT EMSCRIPTEN)
  target_link_options(tessera_xnnpack INTERFACE -Wl,--gc-sections)
endif()
if(NOT EMSCRIPTEN)
  add_library(tessera_cpuinfo STATIC IMPORTED)
  set_target_properties(tessera_cpuinfo PROPERTIES IMPORTED_LOCATION ${XNNPACK_BUILD}/lib/libcpuinfo.a)
  target_link_libraries(tessera_xnnpack INTERFACE tessera_cpuinfo m)
endif()
