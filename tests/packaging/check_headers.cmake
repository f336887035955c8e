# Checks what a compiler doesn't, of SOURCE: public headers include the standard library and each other only; the umbrella
# names all of the core's; and cmake/sources.cmake forgets no file.
cmake_minimum_required(VERSION 3.25)

set(problems "")
include("${SOURCE}/cmake/sources.cmake")
file(READ "${SOURCE}/cmake/sources.cmake" listed)
file(READ "${SOURCE}/include/hookwright/hookwright.hpp" umbrella)

file(GLOB_RECURSE headers RELATIVE "${SOURCE}" "${SOURCE}/include/*")
foreach(header IN LISTS headers)
  file(STRINGS "${SOURCE}/${header}" includes REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS includes)
    if(NOT line MATCHES "^#include (<[a-z0-9_]+>|\"hookwright/[a-z0-9_/]+\\.hpp\")")
      string(APPEND problems "  ${header}: neither the standard library's nor ours: ${line}\n")
    endif()
  endforeach()
endforeach()

# Parts for tests are asked for by name, and details come with what they are details of.
foreach(header IN LISTS HOOKWRIGHT_HEADERS)
  string(REGEX REPLACE "^include/" "" name "${header}")
  if(name MATCHES "^hookwright/(detail/|testing/|hookwright\\.hpp$)")
    continue()
  endif()
  string(FIND "${umbrella}" "#include \"${name}\"" at)
  if(at EQUAL -1)
    string(APPEND problems "  include/hookwright/hookwright.hpp does not include ${name}\n")
  endif()
endforeach()

file(GLOB_RECURSE sources RELATIVE "${SOURCE}" "${SOURCE}/src/*.cpp")
foreach(file IN LISTS headers sources)
  if(NOT listed MATCHES "[ \n]${file}[ \n)]")
    string(APPEND problems "  cmake/sources.cmake does not list ${file}\n")
  endif()
endforeach()

if(problems)
  message(FATAL_ERROR "${problems}")
endif()
