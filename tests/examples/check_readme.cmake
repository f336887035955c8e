# The README shows the quickstart and the examples of testing as they are, and the quickstart is short: -D SOURCE=<hookwright's folder>.
cmake_minimum_required(VERSION 3.25)

file(READ "${SOURCE}/README.md" readme)
foreach(name IN ITEMS testing/host testing/store quickstart/main)
  file(READ "${SOURCE}/examples/${name}.cpp" program)
  string(FIND "${readme}" "```cpp\n${program}```\n" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "README.md does not show examples/${name}.cpp as it is")
  endif()
endforeach()

string(REGEX REPLACE "[^\n]" "" lines "${program}")
string(LENGTH "${lines}" count)
if(count GREATER 30)
  message(FATAL_ERROR "examples/quickstart/main.cpp has ${count} lines; 30 at most")
endif()
