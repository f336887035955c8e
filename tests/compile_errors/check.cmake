# Compiles CASE, which must fail, with a message that matches the regular expression of its first line:
#   // expect: <regex>
# The message is part of the interface: it is all that a user who made the mistake gets to see.
# Also needs COMPILER, COMPILER_ID and INCLUDES (comma-separated folders).
cmake_minimum_required(VERSION 3.25)

file(READ "${CASE}" text)
string(REGEX MATCH "^// expect: ([^\r\n]+)" first_line "${text}")
if(NOT first_line)
  message(FATAL_ERROR "${CASE}: its first line must be '// expect: <regex>'")
endif()
set(expected "${CMAKE_MATCH_1}")

if(COMPILER_ID STREQUAL "MSVC")
  set(command "${COMPILER}" /nologo /std:c++20 /EHsc /Zs)
else()
  set(command "${COMPILER}" -std=c++20 -fsyntax-only)
endif()
string(REPLACE "," ";" includes "${INCLUDES}")
foreach(dir IN LISTS includes)
  list(APPEND command "-I${dir}")
endforeach()

set(ENV{LC_ALL} C)
execute_process(COMMAND ${command} "${CASE}" RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${CASE} compiled, though it should not")
endif()
# Compilers quote names with ' or with typographic marks, depending on the locale; a case writes '.
string(REGEX REPLACE "‘|’|`" "'" output "${output}")
string(REGEX MATCHALL "error: static.assert" asserts "${output}")
list(LENGTH asserts count)
if(count GREATER 1)
  message(FATAL_ERROR "${CASE}: one mistake, but ${count} instructions:\n${output}")
endif()
if(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "${CASE}: no message matches\n  ${expected}\nThe compiler said:\n${output}")
endif()
