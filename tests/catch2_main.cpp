// Catch2 v2 as upstream ships it has no library to link; Debian's and every v3 do, and this file is
// then not built.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
