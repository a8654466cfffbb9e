# Compile options of this project's own code.
add_library(tessera_options INTERFACE)
target_compile_features(tessera_options INTERFACE cxx_std_20)
target_compile_options(tessera_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  # GCC 12 at -O3 sees overlapping copies inside its own std::string operator+ (GCC bug 105651), and
  # uninitialised members in the alternative that a std::variant (our Result) does not hold.
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>"
  # A product and a sum must not become one fused operation on machines that have it: builds would differ in the last bit.
  -ffp-contract=off
  -ffunction-sections -fdata-sections)

# Errors travel as Status and Result. Without unwinding tables and type names the module is smaller.
add_library(tessera_no_exceptions INTERFACE)
target_compile_options(tessera_no_exceptions INTERFACE -fno-exceptions -fno-rtti)

# For what must catch: protozero reports malformed protobuf by throwing.
add_library(tessera_exceptions INTERFACE)
if(EMSCRIPTEN)
  # WebAssembly's own exceptions: the older way detours every call that may throw through JavaScript.
  target_compile_options(tessera_exceptions INTERFACE -fwasm-exceptions)
  add_link_options(-fwasm-exceptions)
else()
  target_compile_options(tessera_exceptions INTERFACE -fexceptions)
endif()

if(EMSCRIPTEN)
  target_compile_options(tessera_options INTERFACE -msimd128)
  if(TESSERA_THREADS)
    target_compile_options(tessera_options INTERFACE -pthread)
    target_link_options(tessera_options INTERFACE -pthread)
  endif()
endif()

# For the libraries: the linker takes objects that are compiled with -pthread into a module with one thread too (though
# not the reverse), so that ccache compiles each file once for both. What binds them to JavaScript is compiled for its
# module.
add_library(tessera_any_threads INTERFACE)
if(EMSCRIPTEN)
  target_compile_options(tessera_any_threads INTERFACE -pthread)
endif()

# Relaxed SIMD, for the kernels alone. All else is compiled with the same options with and without it: nothing there can
# differ between the variants, and ccache compiles it once for both.
add_library(tessera_relaxed INTERFACE)
if(EMSCRIPTEN AND TESSERA_RELAXED_SIMD)
  set(TESSERA_RELAXED_OPTION -mrelaxed-simd)
  target_compile_options(tessera_relaxed INTERFACE ${TESSERA_RELAXED_OPTION})
endif()

if(TESSERA_SANITIZE)
  target_compile_options(tessera_options INTERFACE
    -fsanitize=address,undefined
    # Line numbers for the findings, and enough optimisation for the instrumented code: half of -O2's compile time.
    -O1 -g1
    # Checks of dynamic types need the type information that -fno-rtti leaves out.
    -fno-sanitize=vptr
    # A finding ends the run, so that no test can pass over it.
    -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(tessera_options INTERFACE -fsanitize=address,undefined)
endif()

if(TESSERA_FUZZ)
  target_compile_options(tessera_options INTERFACE
    -fsanitize=fuzzer-no-link
    # Clang 22 sees what libstdc++ 12 calls inside its own std::stable_partition.
    -Wno-deprecated-declarations)
endif()
