# The modules from src/wasm, each as glue (.mjs) and .wasm:
#   tessera-<variant>   the full core: every network
#   tessera-<variant>-lean
#                       the lean core, for the models that come with the library: little more than half of the download.
#                       Its own files come before the libraries' that define the same, which the linker then leaves out.
#   tessera-quantizer   the full core with the quantizer, which would be an eighth of its download: for pages that ask
#                       for it, which need no headers. Of the simd variant: what it computes must not depend on the machine.
#   tessera-tools       the same with threads, of the simd-mt variant: for the command line.
get_filename_component(variant ${CMAKE_BINARY_DIR} NAME)

function(add_tessera_module module)
  add_executable(${module} ${ARGN})
  set_target_properties(${module} PROPERTIES SUFFIX .mjs)
  target_link_libraries(${module} PRIVATE
    tessera_engine tessera_options tessera_no_exceptions tessera_small embind)

  # Without type names (RTTI is off), bindings refer to types by address; each type used is bound by name anyway.
  target_compile_definitions(${module} PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  target_link_options(${module} PRIVATE
    # Chooses the embind library that, as our code, knows types by address and not by name.
    -fno-rtti
    # A reactor: a library of functions without main().
    --no-entry
    -O3
    # A factory as an ES module's default export: each worker makes its own instance.
    -sMODULARIZE -sEXPORT_ES6 -sEXPORT_NAME=createTessera
    # Leaves out what other hosts need.
    -sENVIRONMENT=web,worker,node
    # No eval and no new Function, which a page's content security policy may forbid.
    -sDYNAMIC_EXECUTION=0
    # Nothing reads files: models and pixels come in through memory.
    -sFILESYSTEM=0
    # Refuses deprecated settings and leaves out the global names that older code expects.
    -sSTRICT
    # An allocation that fails returns null, which becomes ERR_OUT_OF_MEMORY; the default ends the program.
    -sABORTING_MALLOC=0
    # A third of dlmalloc's code. Speed does not matter: memory is allocated while a session is prepared.
    -sMALLOC=emmalloc
    # Only what the callers pass; the code for every other key is left out.
    -sINCOMING_MODULE_JS_API=instantiateWasm,locateFile,wasmMemory,print,printErr,onAbort
    # Pixels are copied in and out through this view.
    -sEXPORTED_RUNTIME_METHODS=HEAPU8
    # Model files are parsed recursively only as deep as ONNX nests; XNNPACK keeps its scratch on the heap.
    -sSTACK_SIZE=256KB)

  if(TESSERA_THREADS)
    target_link_options(${module} PRIVATE
      # Threads start before the module is ready, as many as the caller asks for: one created later would only begin
      # to run when this thread returns to its event loop, and a run never does.
      "-sPTHREAD_POOL_SIZE=Module['pthreadPoolSize']"
      # Every access checks for growth when shared memory can grow (JavaScript views of it), and iOS refuses large
      # maxima: so a fixed size, which a tile of any sensible shape fits in.
      -sINITIAL_MEMORY=256MB)
  else()
    target_link_options(${module} PRIVATE
      # Starts small, since each worker has one, and grows while a session is prepared: by little more than is
      # needed, since it never shrinks.
      -sINITIAL_MEMORY=16MB -sALLOW_MEMORY_GROWTH -sMEMORY_GROWTH_GEOMETRIC_STEP=0.02 -sMAXIMUM_MEMORY=1GB)
  endif()
endfunction()

set(full_bindings src/wasm/bindings.cc src/wasm/full_bindings.cc)
add_tessera_module(tessera-${variant} ${full_bindings})
if(NOT TESSERA_THREADS)
  file(GLOB lean_sources CONFIGURE_DEPENDS src/wasm/lean/*.cc)
  add_tessera_module(tessera-${variant}-lean src/wasm/bindings.cc ${lean_sources})
endif()

function(add_quantizer_module module)
  add_tessera_module(${module} ${full_bindings} src/wasm/quantizer_bindings.cc)
  target_link_libraries(${module} PRIVATE tessera_quant)
  # Calibration keeps the tensors of many images.
  target_link_options(${module} PRIVATE ${ARGN})
endfunction()

if(variant STREQUAL "simd")
  add_quantizer_module(tessera-quantizer -sMAXIMUM_MEMORY=2GB)
elseif(variant STREQUAL "simd-mt")
  # Node commits memory only as it is touched.
  add_quantizer_module(tessera-tools -sINITIAL_MEMORY=1536MB -sDEFAULT_PTHREAD_STACK_SIZE=256KB)
endif()
