#pragma once

#include <string_view>

#include "hookwright/hookwright.hpp"

namespace httplib {
class Server;
struct Response;
}  // namespace httplib

class Announcer;
class Conversions;
class DeliveryLog;
class Links;

// Requests are forms, as `curl -d url=https://example.com/` sends them; replies are JSON. What is
// passed in must outlive the server.

// POST /links (url, alias)   makes a link
// GET  /<alias>              follows it
// GET  /qr/<alias>           the same, from the link's QR code
// GET  /pixel.gif?hw_click=  shown by the page that a link leads to
// POST /domains/<name>/dns, /certificate   one of two steps that verify a customer's own domain
void add_link_routes(httplib::Server& server, Links& links, Announcer& announcer,
                     Conversions& conversions);

// GET /metrics   what Prometheus scrapes
void add_metrics_route(httplib::Server& server, const hookwright::Dispatcher& dispatcher);

// POST   /webhooks (url, events, profile, secret, name)  subscribes; `events` with commas between;
//                                                        with `link`, to that link's alone
// GET    /webhooks                                       lists
// PUT    /webhooks/<id> (as with POST)                   edits
// GET    /webhooks/<id>/attempts?failed=&event=&after=   what was tried lately, by pages
// DELETE /webhooks/<id>                                  unsubscribes
void add_webhook_routes(httplib::Server& server, hookwright::Endpoints& endpoints,
                        DeliveryLog& log);

// POST /webhooks/<id>/pause, /resume            what is published meanwhile waits
//                    /verify                    asks a HyperSnap receiver once more
//                    /test (event)              sends a sample
//                    /secret                    rotates it
//                    /recover (hours, after)    sends again what was given up; with `missing`, what
//                                               was never sent
//                             (delivery)        the same with one dead letter
// GET  /webhooks/<id>/explain?event=            whether it would be sent such an event, and how
// GET  /webhooks/<id>/dead_letters
void add_webhook_life_routes(httplib::Server& server, hookwright::Endpoints& endpoints);

// The HTTP status that says so.
[[nodiscard]] int status_of(hookwright::EndpointOutcome outcome);

// One reply. `json` is taken: write an object into it, no more.
void reply(httplib::Response& response, int status, hookwright::JsonWriter& json);
void reply_error(httplib::Response& response, int status, std::string_view why);
