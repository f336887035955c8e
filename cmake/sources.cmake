# Every source and public header of the library, once, sorted. A file that is not here is neither built nor installed.

# The core's public headers; the configured hookwright/export.hpp is added to them in CMakeLists.txt.
set(HOOKWRIGHT_HEADERS
  include/hookwright/address.hpp
  include/hookwright/catalog.hpp
  include/hookwright/clock.hpp
  include/hookwright/delivery.hpp
  include/hookwright/detail/field_lister.hpp
  include/hookwright/detail/field_writer.hpp
  include/hookwright/detail/shape.hpp
  include/hookwright/dispatcher.hpp
  include/hookwright/egress.hpp
  include/hookwright/endpoint.hpp
  include/hookwright/endpoints.hpp
  include/hookwright/error.hpp
  include/hookwright/event.hpp
  include/hookwright/fault.hpp
  include/hookwright/fields.hpp
  include/hookwright/filter.hpp
  include/hookwright/header.hpp
  include/hookwright/hookwright.hpp
  include/hookwright/id.hpp
  include/hookwright/json.hpp
  include/hookwright/observer.hpp
  include/hookwright/options.hpp
  include/hookwright/profile.hpp
  include/hookwright/profiles.hpp
  include/hookwright/receipt.hpp
  include/hookwright/resolver.hpp
  include/hookwright/retry.hpp
  include/hookwright/secret.hpp
  include/hookwright/seen_deliveries.hpp
  include/hookwright/signer.hpp
  include/hookwright/store.hpp
  include/hookwright/store_batch.hpp
  include/hookwright/store_query.hpp
  include/hookwright/stores/memory.hpp
  include/hookwright/testing/simulated_transport.hpp
  include/hookwright/testing/virtual_clock.hpp
  include/hookwright/time.hpp
  include/hookwright/transport.hpp
  include/hookwright/transports/curl.hpp
  include/hookwright/verifier.hpp
)

set(HOOKWRIGHT_SOURCES
  src/clock/system_clock.cpp
  src/error.cpp
  src/model/id.cpp
  src/policy/address.cpp
  src/policy/egress.cpp
  src/policy/header.cpp
  src/policy/url.cpp
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
  src/testing/simulated_transport.cpp
  src/testing/virtual_clock.cpp
  src/transport/transport.cpp
)

# The optional component hookwright::sqlite.
set(HOOKWRIGHT_SQLITE_HEADERS
  include/hookwright/stores/sqlite.hpp
)

set(HOOKWRIGHT_SQLITE_SOURCES
)
