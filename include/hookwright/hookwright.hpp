#pragma once

// Everything that an application needs, and nothing of a third party. Optional components are left
// out, since each needs its own library: include hookwright/stores/sqlite.hpp beside this where
// hookwright::sqlite is linked, and hookwright/notifiers/smtp.hpp where hookwright::smtp is. So are
// the parts for tests, in hookwright/testing/.
//
// Where to begin: dispatcher.hpp (publish), options.hpp (what it is made of), event.hpp (what is
// published), endpoints.hpp (who gets it), profiles.hpp (how). To replace a part: store.hpp,
// transport.hpp, signer.hpp, resolver.hpp, clock.hpp; to listen: observer.hpp; to receive:
// verifier.hpp.

#include "hookwright/address.hpp"
#include "hookwright/catalog.hpp"
#include "hookwright/clock.hpp"
#include "hookwright/conditions.hpp"
#include "hookwright/delivery.hpp"
#include "hookwright/dispatcher.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/endpoints.hpp"
#include "hookwright/error.hpp"
#include "hookwright/event.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"
#include "hookwright/events/snipy_creators.hpp"
#include "hookwright/events/snipy_links.hpp"
#include "hookwright/explanation.hpp"
#include "hookwright/export.hpp"
#include "hookwright/failure.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/fields.hpp"
#include "hookwright/filter.hpp"
#include "hookwright/header.hpp"
#include "hookwright/histogram.hpp"
#include "hookwright/id.hpp"
#include "hookwright/json.hpp"
#include "hookwright/latch.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/options.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/prometheus.hpp"
#include "hookwright/receipt.hpp"
#include "hookwright/resolver.hpp"
#include "hookwright/retry.hpp"
#include "hookwright/sealing.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/seen_deliveries.hpp"
#include "hookwright/signer.hpp"
#include "hookwright/store.hpp"
#include "hookwright/store_batch.hpp"
#include "hookwright/store_query.hpp"
#include "hookwright/stores/memory.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"
#include "hookwright/transports/curl.hpp"
#include "hookwright/triggers.hpp"
#include "hookwright/triggers/conversion_pixel.hpp"
#include "hookwright/triggers/milestones.hpp"
#include "hookwright/triggers/utm.hpp"
#include "hookwright/verifier.hpp"
#include "hookwright/version.hpp"
