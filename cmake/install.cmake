# Installs the library, its headers, a CMake package and pkg-config files. All of it may be moved afterwards.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(hookwright_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/hookwright")

# One export file per component, so that find_package(hookwright COMPONENTS sqlite) needs SQLite and a plain
# find_package(hookwright) does not.
function(hookwright_install target export_file)
  install(TARGETS ${target} EXPORT ${export_file}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT hookwright_Development
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT hookwright_Runtime
      NAMELINK_COMPONENT hookwright_Development
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT hookwright_Runtime
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT hookwright_Development)
  install(EXPORT ${export_file} NAMESPACE hookwright:: DESTINATION "${hookwright_package_dir}"
    COMPONENT hookwright_Development)
endfunction()

hookwright_install(hookwright hookwrightTargets)
if(TARGET hookwright_sqlite)
  hookwright_install(hookwright_sqlite hookwright-sqliteTargets)
endif()
if(TARGET hookwright_smtp)
  hookwright_install(hookwright_smtp hookwright-smtpTargets)
endif()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hookwrightConfig.cmake.in" hookwrightConfig.cmake
  INSTALL_DESTINATION "${hookwright_package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(hookwrightConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/hookwrightConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/hookwrightConfigVersion.cmake"
  DESTINATION "${hookwright_package_dir}" COMPONENT hookwright_Development)

# Paths relative to the .pc file, unless the packager asked for absolute ones.
set(hookwright_pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(HOOKWRIGHT_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH hookwright_pc_up "/${hookwright_pc_dir}" "/")
  string(REGEX REPLACE "/$" "" hookwright_pc_up "${hookwright_pc_up}")
  set(HOOKWRIGHT_PC_PREFIX "\${pcfiledir}/${hookwright_pc_up}")
endif()
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(HOOKWRIGHT_PC_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(HOOKWRIGHT_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
# A user of a static library links what it needs, too; pkg-config shows private requirements only with --static.
set(HOOKWRIGHT_PC_NEEDS "libcurl >= 7.68, openssl >= 3.0")
set(HOOKWRIGHT_PC_SMTP_NEEDS "libcurl >= 7.68")
set(HOOKWRIGHT_PC_SQLITE_NEEDS "sqlite3 >= 3.37")
if(HOOKWRIGHT_SHARED)
  set(HOOKWRIGHT_PC_REQUIRES "Requires.private: ${HOOKWRIGHT_PC_NEEDS}")
  set(HOOKWRIGHT_PC_SQLITE_REQUIRES
    "Requires: hookwright = ${PROJECT_VERSION}\nRequires.private: ${HOOKWRIGHT_PC_SQLITE_NEEDS}")
  set(HOOKWRIGHT_PC_SMTP_REQUIRES
    "Requires: hookwright = ${PROJECT_VERSION}\nRequires.private: ${HOOKWRIGHT_PC_SMTP_NEEDS}")
else()
  set(HOOKWRIGHT_PC_REQUIRES "Requires: ${HOOKWRIGHT_PC_NEEDS}")
  set(HOOKWRIGHT_PC_SQLITE_REQUIRES "Requires: hookwright = ${PROJECT_VERSION}, ${HOOKWRIGHT_PC_SQLITE_NEEDS}")
  set(HOOKWRIGHT_PC_SMTP_REQUIRES "Requires: hookwright = ${PROJECT_VERSION}, ${HOOKWRIGHT_PC_SMTP_NEEDS}")
endif()

function(hookwright_install_pc name)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in" ${name}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION "${hookwright_pc_dir}"
    COMPONENT hookwright_Development)
endfunction()

hookwright_install_pc(hookwright)
if(TARGET hookwright_sqlite)
  hookwright_install_pc(hookwright-sqlite)
endif()
if(TARGET hookwright_smtp)
  hookwright_install_pc(hookwright-smtp)
endif()
