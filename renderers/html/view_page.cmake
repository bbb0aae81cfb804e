# What `orrery render -o view.html` puts into a page, embedded in the library: the page's script, style and frame,
# and the passes of diagram and layout compiled to WebAssembly, which the page runs to open and shut blocks.
# Without clang's WebAssembly target everything else is built, and views are refused with what is missing.

set(html ${CMAKE_CURRENT_SOURCE_DIR}/html)
find_program(ORRERY_WASM_CLANG NAMES clang-16 clang DOC "A clang that makes WebAssembly (Debian: clang-16)")
find_program(ORRERY_WASM_LD NAMES wasm-ld wasm-ld-16 PATHS /usr/lib/llvm-16/bin NO_DEFAULT_PATH
  DOC "The linker of WebAssembly (Debian: lld-16)")
find_path(ORRERY_WASM_LIBCXX NAMES c++/v1/vector PATHS /usr/include/wasm32-wasi NO_DEFAULT_PATH
  DOC "The C++ library of WebAssembly (Debian: libc++-16-dev-wasm32)")
find_path(ORRERY_WASM_FMT_HEADERS fmt/core.h REQUIRED)

set(engine ${CMAKE_CURRENT_BINARY_DIR}/view_engine.wasm)
if(ORRERY_WASM_CLANG AND ORRERY_WASM_LD AND ORRERY_WASM_LIBCXX)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/wasm_headers)
  file(CREATE_LINK ${ORRERY_WASM_FMT_HEADERS}/fmt ${PROJECT_BINARY_DIR}/wasm_headers/fmt SYMBOLIC)
  file(GLOB engine_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/layout/*.cpp)
  foreach(pass bundle chain collapse fold_repeats merge_boxes write_labels)
    list(APPEND engine_sources ${CMAKE_CURRENT_SOURCE_DIR}/diagram/${pass}.cpp)
  endforeach()
  list(APPEND engine_sources ${html}/module/view_engine.cpp)
  set(engine_objects)
  foreach(source ${engine_sources})
    get_filename_component(name ${source} NAME_WE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/wasm/${name}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${ORRERY_WASM_CLANG} --target=wasm32-wasi -std=c++20 -Os -DNDEBUG
        -I${PROJECT_SOURCE_DIR} -isystem ${PROJECT_BINARY_DIR}/wasm_headers
        -isystem ${ORRERY_WASM_LIBCXX}/c++/v1 -isystem ${ORRERY_WASM_LIBCXX}
        -fvisibility=hidden -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d COMMENT "Compiling ${name} to WebAssembly" VERBATIM)
    list(APPEND engine_objects ${object})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/wasm)
  add_custom_command(OUTPUT ${engine}
    COMMAND ${ORRERY_WASM_CLANG} --target=wasm32-wasi -fuse-ld=${ORRERY_WASM_LD} -mexec-model=reactor
      -Wl,--no-entry -Wl,--strip-all ${engine_objects} -lc++ -lc++abi -o ${engine}
    DEPENDS ${engine_objects} COMMENT "Linking the view's engine" VERBATIM)
else()
  message(STATUS "No WebAssembly: orrery render makes no HTML views (Debian: clang-16 lld-16 wasi-libc "
    "libc++-16-dev-wasm32 libclang-rt-16-dev-wasm32)")
  file(WRITE ${engine} "")
endif()

# The scripts in the order of the page: each uses those before it.
set(scripts)
foreach(script model engine state compose shapes paths ports scene camera minimap selection details search overlay legend cues
        main)
  list(APPEND scripts ${html}/${script}.js)
endforeach()
set(parts ${html}/view.html ${html}/view.css ${engine} ${scripts})
set(embedded ${CMAKE_CURRENT_BINARY_DIR}/view_parts.cpp)
add_custom_command(OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${embedded} "-DPARTS=${parts}" -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
  DEPENDS ${parts} ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake COMMENT "Embedding the view's page" VERBATIM)
target_sources(orrery_renderers PRIVATE ${embedded})
set_source_files_properties(${embedded} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
