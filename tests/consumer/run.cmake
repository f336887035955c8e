# Builds and runs the consumer project in one of four ways: -D MODE=package|pkgconfig|subdirectory|fetchcontent.
# Also needs SOURCE (hookwright's folder), BUILD (its build folder), WORK (a folder of our own), COMPONENTS (with
# commas), GENERATOR, CXX, CXX_FLAGS, CONFIG, LIBDIR and PKG_CONFIG.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nfailed (${result}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(config "")
if(CONFIG)  # there is none without a build type
  set(config --config "${CONFIG}")
endif()

# Nothing of an earlier run may help. What is installed must work from wherever it is moved.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
if(MODE MATCHES "^(package|pkgconfig)$")
  run("${CMAKE_COMMAND}" --install "${BUILD}" ${config} --prefix "${WORK}/installed")
  file(RENAME "${WORK}/installed" "${WORK}/moved")
  set(library_path "${WORK}/moved/${LIBDIR}")
endif()

if(MODE STREQUAL "pkgconfig")
  string(REPLACE "," ";" components "${COMPONENTS}")
  set(modules hookwright)
  set(definitions "")
  foreach(component IN LISTS components)
    list(APPEND modules hookwright-${component})
    list(APPEND definitions -DHOOKWRIGHT_WITH_${component})
  endforeach()
  set(ENV{PKG_CONFIG_PATH} "${library_path}/pkgconfig")
  run("${PKG_CONFIG}" --cflags --libs ${modules})
  separate_arguments(flags UNIX_COMMAND "${output}")
  separate_arguments(cxx_flags UNIX_COMMAND "${CXX_FLAGS}")
  run("${CXX}" -std=c++20 ${cxx_flags} ${definitions} "${SOURCE}/tests/consumer/main.cpp" -o "${WORK}/consumer" ${flags})
else()
  # Users never need what hookwright's own tests need. A subproject is built as plainly as can be, since only its linking
  # is in question here. The host may have sources compiled together, ours among them: here, all of them.
  set(configure "${CMAKE_COMMAND}" -S "${SOURCE}/tests/consumer" -B "${WORK}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS} -O0" "-DCMAKE_PREFIX_PATH=${WORK}/moved"
    -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 "-DHOOKWRIGHT_FROM=${MODE}" "-DHOOKWRIGHT_SOURCE=${SOURCE}")
  if(MODE STREQUAL "package")
    execute_process(COMMAND ${configure} -DHOOKWRIGHT_COMPONENTS=carrier_pigeon
      RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(result EQUAL 0 OR NOT output MATCHES "was built without the component 'carrier_pigeon'")
      message(FATAL_ERROR "asking for a component that was not built should fail and say so, but gave:\n${output}")
    endif()
  endif()
  run(${configure} "-DHOOKWRIGHT_COMPONENTS=${COMPONENTS}")
  if(MODE STREQUAL "fetchcontent")
    return()  # builds what `subdirectory` builds
  endif()
  run("${CMAKE_COMMAND}" --build "${WORK}/build" ${config} --parallel 2)
endif()

foreach(name IN ITEMS consumer build/consumer build/${CONFIG}/consumer.exe build/consumer.exe)
  if(EXISTS "${WORK}/${name}")
    set(program "${WORK}/${name}")
  endif()
endforeach()
set(ENV{LD_LIBRARY_PATH} "${library_path}")
set(ENV{DYLD_LIBRARY_PATH} "${library_path}")
run("${CMAKE_COMMAND}" -E chdir "${WORK}" "${program}")
message(STATUS "${output}")
