#pragma once

// Everything that an application needs, and nothing of a third party. Optional components are left
// out, since each needs its own library: include hookwright/stores/sqlite.hpp beside this where
// hookwright::sqlite is linked. So are the parts for tests, in hookwright/testing/.

#include "hookwright/error.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/time.hpp"
