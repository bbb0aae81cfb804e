# `cmake --install`: libraries and headers for C++ hosts (found with find_package(orrery) or pkg-config), the program,
# the Lua module and what they read at run time.
#
#   bin/orrery                   the program
#   lib/                         liborrery, liborrery_engine, liborrery_cuda, liborrery_renderers
#   lib/lua/5.1/                 the Lua modules (installed by bindings/), where a stock luajit looks
#   share/lua/5.1/orrery/        the Lua library and the verbs (by bindings/)
#   share/orrery/                fonts (by renderers/)
#   include/orrery/              headers, included as "runtime/core/error.h"

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/orrery)

if(TARGET orrery_cuda)
  install(TARGETS orrery_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
foreach(library orrery_runtime orrery_engine orrery_renderers)
  if(TARGET ${library})
    string(REPLACE orrery_ "" exported ${library})
    set_target_properties(${library} PROPERTIES EXPORT_NAME ${exported})
    install(TARGETS ${library} EXPORT orreryTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()

install(DIRECTORY runtime renderers DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery FILES_MATCHING PATTERN "*.h")
install(EXPORT orreryTargets NAMESPACE orrery:: DESTINATION ${package_folder})
configure_package_config_file(cmake/orreryConfig.cmake.in ${PROJECT_BINARY_DIR}/orreryConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/orreryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/orreryConfig.cmake ${PROJECT_BINARY_DIR}/orreryConfigVersion.cmake
  DESTINATION ${package_folder})
if(TARGET orrery_engine)
  install(FILES cmake/LibTorch.cmake cmake/LibTorchSearch.cmake DESTINATION ${package_folder})
endif()
configure_file(cmake/orrery.pc.in orrery.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/orrery.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
