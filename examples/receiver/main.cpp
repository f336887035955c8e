// Receives webhooks, verifies them and prints them. The secret is in the environment:
//
//   WEBHOOK_SECRET=whsec_... receiver [--port 8080] [--profile standard_webhooks]
//
// --profile is hypersnap, snipy, snapglyph or standard_webhooks; any other word is a product of
// your own, in the format of profiles::branded(word). --tls CERT KEY serves https with these PEM
// files; --fail N answers the first N requests with 500, so that the sender has to come back;
// --name NAME is what the lines begin with.

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/hookwright.hpp"

namespace {

struct Settings {
  int port = 8080;  // 0: any that is free
  std::string profile = "standard_webhooks";
  std::string name = "receiver";
  std::string cert{};
  std::string key{};
  int failures = 0;
};

Settings parse(const std::vector<std::string>& words) {
  Settings settings;
  std::size_t at = 0;
  const auto next = [&]() -> const std::string& {
    if (++at >= words.size()) throw std::invalid_argument(words.back() + ": a value is missing");
    return words[at];
  };
  for (; at < words.size(); ++at) {
    if (words[at] == "--port") {
      settings.port = std::stoi(next());
    } else if (words[at] == "--profile") {
      settings.profile = next();
    } else if (words[at] == "--name") {
      settings.name = next();
    } else if (words[at] == "--tls") {
      settings.cert = next();
      settings.key = next();
    } else if (words[at] == "--fail") {
      settings.failures = std::stoi(next());
    } else {
      throw std::invalid_argument(words[at] + ": unknown; see the top of main.cpp");
    }
  }
  return settings;
}

hookwright::WireFormat wire_of(const std::string& profile) {
  if (profile == "hypersnap") return hookwright::profiles::hypersnap().wire;
  if (profile == "snipy") return hookwright::profiles::snipy().wire;
  if (profile == "snapglyph") return hookwright::profiles::snapglyph().wire;
  if (profile == "standard_webhooks") return hookwright::profiles::standard_webhooks().wire;
  return hookwright::profiles::branded(profile).wire;
}

hookwright::TimePoint now() {
  return std::chrono::floor<hookwright::Duration>(std::chrono::system_clock::now());
}

// What a delivery is known by: a header of the product's, or the event's id.
std::string delivery_of(const httplib::Request& request, const hookwright::WireFormat& wire) {
  if (!wire.delivery_header.empty()) return request.get_header_value(wire.delivery_header);
  if (!wire.id_header.empty()) return request.get_header_value(wire.id_header);
  return {};
}

std::string padded(std::string text) {
  if (text.size() < 13) text.resize(13, ' ');
  return text;
}

class Receiver {
 public:
  Receiver(const Settings& settings, std::string_view secret)
      : name_(settings.name),
        wire_(wire_of(settings.profile)),
        verifier_(wire_, {hookwright::Secret(secret)}),
        failures_left_(settings.failures) {}

  // The status to answer with; `answer` is the body.
  int receive(const httplib::Request& request, std::string& answer) {
    const auto header = [&](std::string_view name) {
      return request.get_header_value(std::string(name));
    };
    const hookwright::Verification verified = verifier_.verify(header, request.body, now());
    const std::string delivery = delivery_of(request, wire_);
    std::string what = delivery;
    if (!wire_.event_header.empty()) what = padded(header(wire_.event_header)) + ' ' + delivery;
    if (!verified) {
      say(what + "  REFUSED: " + std::string(verified.text()));
      return 401;
    }
    // HyperSnap asks a new endpoint whether it wants events: handing the challenge back says yes.
    if (request.body.starts_with(R"({"event":"webhook.verification",)")) {
      answer = request.body;
      say("signature verified, challenge handed back");
      return 200;
    }
    if (!seen_.first_time(delivery, now())) {
      say(what + "  signature verified, but seen before: not handled again");
      return 200;
    }
    if (failures_left_.fetch_sub(1) > 0) {
      seen_.forget(delivery);  // it was not handled, so the retry must get through
      say(what + "  answered with 500");
      return 500;
    }
    say(what + "  signature verified\n              " + request.body);
    return 200;
  }

  void say(const std::string& text) {
    const std::lock_guard lock(output_);
    std::cout << padded(name_) << ' ' << text << std::endl;
  }

 private:
  std::string name_;
  hookwright::WireFormat wire_;
  hookwright::Verifier verifier_;
  hookwright::SeenDeliveries seen_;
  std::atomic<int> failures_left_;
  std::mutex output_;
};

int serve(const Settings& settings) {
  const char* secret = std::getenv("WEBHOOK_SECRET");
  if (secret == nullptr) throw std::invalid_argument("WEBHOOK_SECRET is not set");
  Receiver receiver(settings, secret);

  const bool tls = !settings.cert.empty();
  const std::unique_ptr<httplib::Server> server =
      tls ? std::make_unique<httplib::SSLServer>(settings.cert.c_str(), settings.key.c_str())
          : std::make_unique<httplib::Server>();
  if (!server->is_valid()) throw std::runtime_error("--tls: cannot use these files");
  server->set_tcp_nodelay(true);
  server->Post(".*", [&](const httplib::Request& request, httplib::Response& response) {
    response.status = receiver.receive(request, response.body);
  });

  int port = settings.port;
  if (port == 0) {
    port = server->bind_to_any_port("127.0.0.1");
  } else if (!server->bind_to_port("127.0.0.1", port)) {
    throw std::runtime_error("port " + std::to_string(port) + " is taken");
  }
  receiver.say("listening on " + std::string(tls ? "https" : "http") +
               "://localhost:" + std::to_string(port) + "/webhook");
  return server->listen_after_bind() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(parse(std::vector<std::string>(argv + 1, argv + argc)));
  } catch (const std::exception& error) {
    std::cerr << "receiver: " << error.what() << '\n';
    return 1;
  }
}
