# The README shows the quickstart as it is, and it is short: -D SOURCE=<hookwright's folder>.
cmake_minimum_required(VERSION 3.25)

file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/examples/quickstart/main.cpp" program)

string(FIND "${readme}" "```cpp\n${program}```\n" position)
if(position EQUAL -1)
  message(FATAL_ERROR "README.md does not show examples/quickstart/main.cpp as it is")
endif()

string(REGEX REPLACE "[^\n]" "" lines "${program}")
string(LENGTH "${lines}" count)
if(count GREATER 30)
  message(FATAL_ERROR "examples/quickstart/main.cpp has ${count} lines; 30 at most")
endif()
