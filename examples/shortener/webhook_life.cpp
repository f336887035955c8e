// What a customer does with a webhook that is there: the buttons of its page.

#include <httplib.h>

#include <chrono>
#include <string>

#include "routes.hpp"
#include "webhooks.hpp"

namespace {

using hookwright::EndpointId;
using hookwright::Endpoints;
using hookwright::JsonWriter;

void reply_status(httplib::Response& response, const hookwright::EndpointResult& result) {
  if (!result.ok())
    return reply_error(response, status_of(result.outcome), to_string(result.outcome));
  JsonWriter json;
  json.begin_object();
  json.field("status");
  json.string(to_string(result.endpoint.status));
  json.end_object();
  reply(response, 200, json);
}

// "Send Test", and the handshake once more: the answer is waited for, and shown.
void reply_trial(httplib::Response& response, const hookwright::Trial& trial) {
  if (trial.outcome != hookwright::EndpointOutcome::ok)
    return reply_error(response, status_of(trial.outcome), to_string(trial.outcome));
  JsonWriter json;
  json.begin_object();
  json.field("accepted");
  json.boolean(trial.accepted);
  json.field("status");
  json.integer(trial.attempt.status);
  json.field("failure");  // as much as a customer may be told
  json.string(tenant_word(trial.attempt.fault, trial.attempt.status));
  json.field("answer");
  json.string(trial.attempt.excerpt);
  json.end_object();
  reply(response, 200, json);
}

// The old secret lives on for a day beside the new one, which is shown this once.
void rotate(Endpoints& endpoints, EndpointId id, httplib::Response& response) {
  const hookwright::EndpointResult result = endpoints.rotate(tenant, id);
  if (!result.ok()) return reply_status(response, result);
  JsonWriter json;
  json.begin_object();
  json.field("secret");
  json.string(result.endpoint.secrets.front().reveal());
  json.end_object();
  reply(response, 200, json);
}

// What was given up in the last so many hours, again: a part with each call, until `next` is empty.
void recover(Endpoints& endpoints, EndpointId id, const httplib::Request& request,
             httplib::Response& response) {
  const auto hours = std::chrono::hours(std::stoi(request.get_param_value("hours")));
  const auto now = std::chrono::floor<hookwright::Duration>(std::chrono::system_clock::now());
  hookwright::Recovery what = hookwright::Recovery::since(now - hours);
  what.after = request.get_param_value("after");
  const hookwright::Recovered recovered = endpoints.recover(tenant, id, what);
  if (recovered.outcome != hookwright::EndpointOutcome::ok)
    return reply_error(response, status_of(recovered.outcome), to_string(recovered.outcome));
  JsonWriter json;
  json.begin_object();
  json.field("sent");
  json.integer(static_cast<std::int64_t>(recovered.sent));
  json.field("next");
  json.string(recovered.next);
  json.end_object();
  reply(response, 200, json);
}

void list_dead_letters(const Endpoints& endpoints, EndpointId id, httplib::Response& response) {
  JsonWriter json;
  json.begin_object();
  json.field("dead_letters");
  json.begin_array();
  for (const hookwright::DeadLetter& letter : endpoints.dead_letters(tenant, id).rows) {
    json.begin_object();
    json.field("delivery");
    json.string(letter.id.text());
    json.field("event");
    json.string(letter.event.type);
    json.field("reason");
    json.string(to_string(letter.reason));
    json.field("attempts");
    json.integer(letter.attempts);
    json.field("payload");
    json.string(letter.event.body);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  reply(response, 200, json);
}

}  // namespace

int status_of(hookwright::EndpointOutcome outcome) {
  switch (outcome) {
    case hookwright::EndpointOutcome::not_found:
      return 404;
    case hookwright::EndpointOutcome::busy:
      return 429;
    case hookwright::EndpointOutcome::store_unavailable:
    case hookwright::EndpointOutcome::shutting_down:
      return 503;
    default:
      return 409;
  }
}

void add_webhook_life_routes(httplib::Server& server, Endpoints& endpoints) {
  // Each with the endpoint that its path names.
  const auto route = [&](bool reads, const std::string& path, auto answer) {
    const auto handler = [answer](const httplib::Request& request, httplib::Response& response) {
      const auto id = EndpointId::parse(request.matches[1].str());
      if (!id) return reply_error(response, 404, "no such webhook");
      try {
        answer(*id, request, response);
      } catch (const std::exception& error) {  // what the customer got wrong, and where
        reply_error(response, 400, error.what());
      }
    };
    const std::string pattern = "/webhooks/(ep_[A-Za-z0-9]+)/" + path;
    if (reads) {
      server.Get(pattern, handler);
    } else {
      server.Post(pattern, handler);
    }
  };
  route(false, "pause", [&](EndpointId id, const auto&, auto& response) {
    reply_status(response, endpoints.pause(tenant, id));
  });
  route(false, "resume", [&](EndpointId id, const auto&, auto& response) {
    reply_status(response, endpoints.enable(tenant, id));
  });
  route(false, "verify", [&](EndpointId id, const auto&, auto& response) {
    reply_trial(response, endpoints.verify(tenant, id));
  });
  route(false, "test", [&](EndpointId id, const auto& request, auto& response) {
    reply_trial(response, endpoints.test(tenant, id, request.get_param_value("event")));
  });
  route(false, "secret",
        [&](EndpointId id, const auto&, auto& response) { rotate(endpoints, id, response); });
  route(false, "recover", [&](EndpointId id, const auto& request, auto& response) {
    recover(endpoints, id, request, response);
  });
  route(true, "dead_letters", [&](EndpointId id, const auto&, auto& response) {
    list_dead_letters(endpoints, id, response);
  });
}
