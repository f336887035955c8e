# Every source and public header of the library, once, sorted. A file that is not here is neither built nor installed.

# The core's public headers; the configured hookwright/export.hpp is added to them in CMakeLists.txt.
set(HOOKWRIGHT_HEADERS
  include/hookwright/clock.hpp
  include/hookwright/delivery.hpp
  include/hookwright/egress.hpp
  include/hookwright/error.hpp
  include/hookwright/fault.hpp
  include/hookwright/header.hpp
  include/hookwright/hookwright.hpp
  include/hookwright/id.hpp
  include/hookwright/profile.hpp
  include/hookwright/profiles.hpp
  include/hookwright/secret.hpp
  include/hookwright/seen_deliveries.hpp
  include/hookwright/signer.hpp
  include/hookwright/store.hpp
  include/hookwright/store_batch.hpp
  include/hookwright/store_query.hpp
  include/hookwright/stores/memory.hpp
  include/hookwright/time.hpp
  include/hookwright/transport.hpp
  include/hookwright/verifier.hpp
)

set(HOOKWRIGHT_SOURCES
  src/error.cpp
  src/model/id.cpp
  src/policy/header.cpp
  src/profile/check.cpp
  src/profile/presets.cpp
  src/signing/base64.cpp
  src/signing/hmac.cpp
  src/signing/hmac_signer.cpp
  src/signing/key.cpp
  src/signing/secret.cpp
  src/signing/seen_deliveries.cpp
  src/signing/signature.cpp
  src/signing/verifier.cpp
  src/signing/wipe.cpp
)

# The optional component hookwright::sqlite.
set(HOOKWRIGHT_SQLITE_HEADERS
)

set(HOOKWRIGHT_SQLITE_SOURCES
)
