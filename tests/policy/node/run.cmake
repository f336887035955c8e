# Runs verify_urls.mjs on MUTANTS from GENERATOR with Node.js, or says that there is none, which ctest shows as skipped;
# libcurl's half of the comparison is made all the same.
cmake_minimum_required(VERSION 3.25)

find_program(NODE NAMES node nodejs)
if(NODE)
  execute_process(COMMAND "${NODE}" "${CMAKE_CURRENT_LIST_DIR}/verify_urls.mjs" "${GENERATOR}" "${MUTANTS}"
    RESULT_VARIABLE result)
else()
  execute_process(COMMAND "${GENERATOR}" 20260304 "${MUTANTS}" OUTPUT_QUIET RESULT_VARIABLE result)
  message("SKIPPED: no Node.js to compare with")
endif()
if(NOT result EQUAL 0)
  message(FATAL_ERROR "a URL is read otherwise elsewhere (see above)")
endif()
