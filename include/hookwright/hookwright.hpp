#pragma once

// Everything that an application needs, and nothing of a third party. Optional components are left
// out, since each needs its own library: include hookwright/stores/sqlite.hpp beside this where
// hookwright::sqlite is linked. So are the parts for tests, in hookwright/testing/.

#include "hookwright/clock.hpp"
#include "hookwright/delivery.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"
#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/header.hpp"
#include "hookwright/id.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/seen_deliveries.hpp"
#include "hookwright/signer.hpp"
#include "hookwright/store.hpp"
#include "hookwright/store_batch.hpp"
#include "hookwright/store_query.hpp"
#include "hookwright/stores/memory.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"
#include "hookwright/verifier.hpp"
