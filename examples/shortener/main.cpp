// A URL shortener that sends webhooks. shortener [--port 8000] [--database webhooks.db] [--ca FILE]

#include <httplib.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "announcer.hpp"
#include "conversions.hpp"
#include "delivery_log.hpp"
#include "links.hpp"
#include "routes.hpp"
#include "webhooks.hpp"

namespace {

volatile std::sig_atomic_t stop_asked = 0;

struct Settings {
  int port = 8000;  // 0: any that is free
  std::string database = "webhooks.db";
  std::string ca_file{};
};

Settings parse(const std::vector<std::string>& words) {
  Settings settings;
  for (std::size_t at = 0; at < words.size(); at += 2) {
    if (at + 1 == words.size()) throw std::invalid_argument(words[at] + ": a value is missing");
    if (words[at] == "--port") {
      settings.port = std::stoi(words[at + 1]);
    } else if (words[at] == "--database") {
      settings.database = words[at + 1];
    } else if (words[at] == "--ca") {
      settings.ca_file = words[at + 1];
    } else {
      throw std::invalid_argument(words[at] + ": unknown");
    }
  }
  return settings;
}

int bind(httplib::Server& server, int port) {
  if (port == 0) return server.bind_to_any_port("127.0.0.1");
  if (!server.bind_to_port("127.0.0.1", port)) {
    throw std::runtime_error("port " + std::to_string(port) + " is taken");
  }
  return port;
}

void serve_until_stopped(httplib::Server& server) {
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  std::thread http([&] { server.listen_after_bind(); });
  while (stop_asked == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.stop();
  http.join();
}

void run(const Settings& settings) {
  httplib::Server server;
  const std::string site = "http://localhost:" + std::to_string(bind(server, settings.port));

  const auto log = std::make_shared<DeliveryLog>();
  hookwright::Dispatcher dispatcher(webhook_options(settings.database, settings.ca_file, log));
  // Whom to tell of endpoints that fail; a real one asks the customer.
  dispatcher.endpoints().configure(tenant, {.notify = "admin@acme-corp.example"});
  for (const auto& endpoint : dispatcher.endpoints().list(tenant).rows) {
    log->name(endpoint.id, endpoint.uid.empty() ? endpoint.url : endpoint.uid);
  }

  Links links;
  Announcer announcer(dispatcher, site);
  Conversions conversions(dispatcher);
  add_metrics_route(server, dispatcher);
  add_webhook_routes(server, dispatcher.endpoints(), *log);
  add_webhook_life_routes(server, dispatcher.endpoints());
  // Last: "/<alias>" would match "/webhooks" as well.
  add_link_routes(server, links, announcer, conversions);
  std::cout
      << "shortener     EgressPolicy::development(): webhooks may go to this machine. Never in "
         "production.\n"
      << "shortener     listening on " << site << std::endl;
  serve_until_stopped(server);

  const hookwright::Drained drained = dispatcher.shutdown(std::chrono::seconds(5));
  std::cout << "shortener     stopped; "
            << (drained.complete ? "nothing that was due is left"
                                 : "the rest is in the store and goes out after the next start")
            << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(std::vector<std::string>(argv + 1, argv + argc)));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "shortener: " << error.what() << std::endl;
    return EXIT_FAILURE;
  }
}
