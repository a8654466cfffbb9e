# CMake toolchain file of the wasm presets: the Emscripten that scripts/setup.mjs chose, by the same rule (an emcc on
# PATH that is new enough, else the private copy).

if(NOT DEFINED TESSERA_TOOLCHAIN)
  if(DEFINED ENV{TESSERA_TOOLCHAIN})
    set(TESSERA_TOOLCHAIN $ENV{TESSERA_TOOLCHAIN})
  else()
    set(TESSERA_TOOLCHAIN ${CMAKE_CURRENT_LIST_DIR}/../.toolchain)
  endif()
endif()

if(NOT DEFINED TESSERA_EMSCRIPTEN)
  find_program(emcc_on_path emcc NO_CMAKE_PATH NO_CACHE)
  if(emcc_on_path)
    execute_process(COMMAND ${emcc_on_path} --version OUTPUT_VARIABLE version ERROR_QUIET)
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${version}")
  endif()
  if(emcc_on_path AND version VERSION_GREATER_EQUAL 4.0)
    get_filename_component(emcc_on_path ${emcc_on_path} REALPATH)
    get_filename_component(TESSERA_EMSCRIPTEN ${emcc_on_path} DIRECTORY)
  else()
    get_filename_component(TESSERA_EMSCRIPTEN ${TESSERA_TOOLCHAIN}/emscripten/usr/share/emscripten ABSOLUTE)
  endif()
endif()
if(NOT EXISTS ${TESSERA_EMSCRIPTEN}/cmake/Modules/Platform/Emscripten.cmake)
  message(FATAL_ERROR "No Emscripten 4.0 or newer on PATH and none in ${TESSERA_TOOLCHAIN}: run `node scripts/setup.mjs`.")
endif()
# CMake configures small trial projects with this same file, and hands them only what is listed here.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TESSERA_EMSCRIPTEN TESSERA_TOOLCHAIN)

include(${TESSERA_EMSCRIPTEN}/cmake/Modules/Platform/Emscripten.cmake)
