# Provides httplib::httplib, the HTTP server that the examples are built with, and sets httplib_FOUND. hookwright itself
# neither serves HTTP nor needs this.
find_package(httplib CONFIG QUIET)  # upstream's name, and vcpkg's
if(NOT TARGET httplib::httplib)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(httplib QUIET IMPORTED_TARGET GLOBAL cpp-httplib)  # Debian's
  endif()
  if(TARGET PkgConfig::httplib)
    add_library(httplib::httplib ALIAS PkgConfig::httplib)
  endif()
endif()
