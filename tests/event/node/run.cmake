# Runs verify.mjs on GENERATOR with Node.js, or says that there is none, which ctest shows as skipped.
cmake_minimum_required(VERSION 3.25)

find_program(NODE NAMES node nodejs)
if(NOT NODE)
  message("SKIPPED: no Node.js to compare with")
  return()
endif()
execute_process(COMMAND "${NODE}" "${CMAKE_CURRENT_LIST_DIR}/verify.mjs" "${GENERATOR}" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "Node.js reads another document than hookwright wrote (see above)")
endif()
