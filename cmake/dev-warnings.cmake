# Warnings for hookwright's own targets, in its own builds only: a project that adds hookwright as a folder chooses its
# own, and a compiler newer than ours must not break its build.

option(HOOKWRIGHT_WERROR "Treat warnings in hookwright's own targets as errors (top-level builds only)" OFF)

function(hookwright_dev_warnings target)
  if(NOT PROJECT_IS_TOP_LEVEL)
    return()
  endif()
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive-)
  else()
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
      -Woverloaded-virtual)
  endif()
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ${HOOKWRIGHT_WERROR})
endfunction()
