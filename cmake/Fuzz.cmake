# The fuzz targets (tests/fuzz). With TESSERA_FUZZ they are libFuzzer's, which needs Clang; else each has a main() of
# its own, which runs the files of a folder and random changes of them.
set(TESSERA_FUZZ_TARGETS model_file model_run network quantizer)

foreach(target ${TESSERA_FUZZ_TARGETS})
  add_executable(tessera_fuzz_${target} EXCLUDE_FROM_ALL
    tests/fuzz/targets/${target}.cc tests/fuzz/checks.cc tests/cpp/reference_interpreter.cc)
  target_include_directories(tessera_fuzz_${target} PRIVATE tests/fuzz tests/cpp)
  target_link_libraries(tessera_fuzz_${target} PRIVATE
    tessera_quant tessera_headers tessera_options tessera_exceptions)
  if(TESSERA_FUZZ)
    target_link_options(tessera_fuzz_${target} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(tessera_fuzz_${target} PRIVATE tests/fuzz/standalone.cc)
  endif()
  list(APPEND fuzz_executables tessera_fuzz_${target})
endforeach()
add_custom_target(tessera_fuzz DEPENDS ${fuzz_executables})
