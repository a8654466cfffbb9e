# Toolchain for code that needs nothing of Emscripten but its clang and its C library's headers. Going to clang
# directly saves emcc's Python start-up, which for XNNPACK's 600 small files takes longer than compiling them.
#
#   TESSERA_EMSCRIPTEN  folder that holds emcc
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
# CMake configures small trial projects with this same file, and hands them only what is listed here.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TESSERA_EMSCRIPTEN)

foreach(name LLVM_ROOT CACHE)
  execute_process(COMMAND ${TESSERA_EMSCRIPTEN}/em-config ${name}
    OUTPUT_VARIABLE EMSCRIPTEN_${name} OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endforeach()
set(SYSROOT ${EMSCRIPTEN_CACHE}/sysroot)
if(NOT EXISTS ${SYSROOT}/include/stdio.h)
  # emcc fills its sysroot at first use.
  execute_process(COMMAND ${TESSERA_EMSCRIPTEN}/embuilder build sysroot COMMAND_ERROR_IS_FATAL ANY)
endif()

set(CMAKE_C_COMPILER ${EMSCRIPTEN_LLVM_ROOT}/clang)
set(CMAKE_CXX_COMPILER ${EMSCRIPTEN_LLVM_ROOT}/clang++)
set(CMAKE_AR ${EMSCRIPTEN_LLVM_ROOT}/llvm-ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${EMSCRIPTEN_LLVM_ROOT}/llvm-ranlib CACHE FILEPATH "")
# What emcc itself gives to clang.
set(CMAKE_C_FLAGS_INIT
  "--target=wasm32-unknown-emscripten --sysroot=${SYSROOT} -Xclang -iwithsysroot/include/compat")
string(APPEND CMAKE_C_FLAGS_INIT " -mllvm -combiner-global-alias-analysis=false -mllvm -disable-lsr")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
# Nothing is linked here: the libraries are linked by em++ in the main project.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
