# The C++ tests: one binary from tests/cpp, run natively or, built for WebAssembly, under Node.
file(GLOB test_sources CONFIGURE_DEPENDS tests/cpp/*.cc)
add_executable(tessera_tests ${test_sources})
# Tests may throw: doctest's REQUIRE leaves a test by an exception.
target_link_libraries(tessera_tests PRIVATE tessera_quant tessera_headers tessera_options tessera_exceptions)
target_include_directories(tessera_tests PRIVATE tests/cpp)
# It names the kernels of relaxed SIMD where they are.
set_source_files_properties(tests/cpp/all_kernels.cc PROPERTIES COMPILE_OPTIONS "${TESSERA_RELAXED_OPTION}")

if(NOT EMSCRIPTEN)
  # What tests/web/integration/same-bytes.test.ts compares WebAssembly's bytes with.
  add_executable(tessera_run_model tests/cpp/tools/run_model.cc)
  target_link_libraries(tessera_run_model PRIVATE tessera_engine tessera_options tessera_no_exceptions)
  add_test(NAME tessera_tests COMMAND tessera_tests)
  return()
endif()

# Not part of `all`: the modules alone are what is shipped.
set_target_properties(tessera_tests PROPERTIES EXCLUDE_FROM_ALL ON SUFFIX .cjs)
target_link_options(tessera_tests PRIVATE
  -sENVIRONMENT=node
  # Tests read model files from the disk.
  -sNODERAWFS
  -sALLOW_MEMORY_GROWTH
  -sEXIT_RUNTIME
  -sSTACK_SIZE=1MB
  # Named functions and checks of the heap's bounds, where speed does not matter.
  -sASSERTIONS -g2)
if(TESSERA_THREADS)
  target_link_options(tessera_tests PRIVATE -sPTHREAD_POOL_SIZE=4)
endif()

find_program(NODE node REQUIRED)
execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE node_version)
string(REGEX MATCH "[0-9]+" node_version "${node_version}")
set(node_flags)
if(TESSERA_RELAXED_SIMD AND node_version LESS 22)
  # Node 20 has relaxed SIMD, but behind a flag.
  set(node_flags --experimental-wasm-relaxed-simd)
endif()
add_test(NAME tessera_tests COMMAND ${NODE} ${node_flags} $<TARGET_FILE:tessera_tests>)
