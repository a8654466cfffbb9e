# The benchmarks of bench/cpp with Google Benchmark: a module for a worker in the browser, or a native program. Nothing
# builds them but `npm run bench` and its kin, which also fetch Google Benchmark's source.

# Looks again when the source has been fetched.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TESSERA_TOOLCHAIN}/sources)
set(BENCHMARK_DIR ${TESSERA_TOOLCHAIN}/sources/benchmark)
if(NOT EXISTS ${BENCHMARK_DIR} OR TESSERA_THREADS)
  return()
endif()

# Not by its own CMakeLists.txt, whose checks run programs, which a build for WebAssembly cannot.
file(GLOB benchmark_sources ${BENCHMARK_DIR}/src/*.cc)
list(REMOVE_ITEM benchmark_sources ${BENCHMARK_DIR}/src/benchmark_main.cc)
add_library(tessera_benchmark STATIC EXCLUDE_FROM_ALL ${benchmark_sources})
target_include_directories(tessera_benchmark SYSTEM PUBLIC ${BENCHMARK_DIR}/include)
target_compile_definitions(tessera_benchmark PUBLIC BENCHMARK_STATIC_DEFINE
  PRIVATE NDEBUG HAVE_STEADY_CLOCK HAVE_POSIX_REGEX BENCHMARK_VERSION="")
target_compile_features(tessera_benchmark PUBLIC cxx_std_17)
# Someone else's code: its warnings are theirs.
target_compile_options(tessera_benchmark PRIVATE -w)
target_link_libraries(tessera_benchmark PRIVATE tessera_exceptions)

file(GLOB bench_sources CONFIGURE_DEPENDS bench/cpp/*.cc)
list(REMOVE_ITEM bench_sources ${CMAKE_SOURCE_DIR}/bench/cpp/wasm_host.cc ${CMAKE_SOURCE_DIR}/bench/cpp/native_host.cc)
add_executable(tessera_bench EXCLUDE_FROM_ALL ${bench_sources})
target_include_directories(tessera_bench PRIVATE bench/cpp)
target_link_libraries(tessera_bench PRIVATE
  tessera_kernels tessera::xnnpack tessera_benchmark tessera_options tessera_relaxed tessera_no_exceptions)

if(NOT EMSCRIPTEN)
  target_sources(tessera_bench PRIVATE bench/cpp/native_host.cc)
  return()
endif()

target_sources(tessera_bench PRIVATE bench/cpp/wasm_host.cc)
set_target_properties(tessera_bench PROPERTIES SUFFIX .mjs)
target_compile_definitions(tessera_bench PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
target_link_libraries(tessera_bench PRIVATE embind)
target_link_options(tessera_bench PRIVATE
  -fno-rtti --no-entry -O3
  -sMODULARIZE -sEXPORT_ES6 -sENVIRONMENT=worker
  -sALLOW_MEMORY_GROWTH -sINITIAL_MEMORY=64MB -sSTACK_SIZE=1MB)
