#include <deque>
#include <optional>
#include <stdexcept>

#include "base/text.h"
#include "transcript.h"
#include "wire/text_session.h"

namespace cb::conformance {
namespace {

using wire::TextSession;
using Phase = TextSession::Phase;

struct Shown {
  std::string operator()(const core::GetWorker& r) const {
    std::string text = "GET_WORKER";
    if (r.wait) text += str(" wait=", std::chrono::duration_cast<seconds>(*r.wait).count());
    if (!r.client.empty()) text += " client=" + r.client;
    if (!r.pool.value.empty()) text += " pool=" + r.pool.value;
    if (r.cores != 0) text += str(" cores=", r.cores);
    if (r.type) text += " type=" + *r.type;
    if (r.region) text += " region=" + *r.region;
    if (r.market) text += str(" market=", to_string(*r.market));
    if (r.count != 1) text += str(" count=", r.count);
    if (r.alone) text += " exclusive";
    if (r.wants_progress) text += " progress";
    if (r.leased) text += " leased";
    return r.hold ? str(text, " hold=", to_string(*r.hold)) : text;
  }
  static std::string named(std::string text, LeaseId lease) {
    return lease.none() ? text : str(text, " lease=", to_text(lease));
  }
  std::string operator()(const core::Ping& r) const { return named("PING " + r.address, r.lease); }
  std::string operator()(const core::Release& r) const {
    return named("RELEASE " + r.address, r.lease);
  }
  std::string operator()(const core::Renew& r) const { return named("RENEW", r.lease); }
  std::string operator()(const core::ShowStatus& r) const {
    return r.everything ? "STATUS all" : "STATUS";
  }
  std::string operator()(const core::ListAll&) const { return "LIST_ALL"; }
  std::string operator()(const core::TerminateAll&) const { return "TERMINATE_ALL"; }
};

// `count` rows of the size that real ones have.
template <class Rows, class Row>
core::Answer made_up(std::string_view count, std::vector<Row> Rows::*rows) {
  Rows answer;
  const auto size = parse_int(count);
  if (!size || *size < 0) throw std::runtime_error(str("not a number: ", count));
  (answer.*rows).resize(static_cast<std::size_t>(*size));
  return answer;
}

core::Answer parse_answer(const std::string& text) {
  const std::string_view kind = std::string_view(text).substr(0, text.find(' '));
  const std::string rest(trim(std::string_view(text).substr(kind.size())));
  if (kind == "address") {
    const auto parts = words(rest);
    return core::WorkerAddress{std::string(parts.at(0)),
                               parts.size() == 2 ? parse_lease_id(parts[1]).value() : LeaseId{}};
  }
  if (kind == "addresses") {
    core::WorkerAddresses all;
    const auto parts = words(rest);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
      all.workers.push_back({std::string(parts[i]), parse_lease_id(parts[i + 1]).value()});
    }
    return all;
  }
  if (kind == "ok") return core::Ok{};
  if (kind == "refused") return core::Refused{core::RefusalReason::kNoCapacity, rest};
  if (kind == "failed") return core::CommandFailed{rest};
  if (kind == "workers") return made_up(rest, &core::StatusRows::rows);
  if (kind == "instances") return made_up(rest, &core::AllInstances::instances);
  if (text == "nothing to terminate") return core::TerminatedIds{{}, true, {}};
  if (kind != "terminated") throw std::runtime_error("unknown answer " + text);
  core::TerminatedIds answer;
  for (const auto id : words(rest)) answer.ids.push_back(InstanceId{std::string(id)});
  return answer;
}

class Player {
 public:
  void play(const Step& step) {
    if (step.verb != "asked" && step.verb != "server") expect_nothing_left();
    if (step.verb == "set") return set(step.rest);
    if (!session_) session_.emplace(options_, now_);
    if (step.verb == "client") return client(step.rest);
    if (step.verb == "core") return core(step.rest);
    if (step.verb == "server") return server(step.rest);
    if (step.verb == "asked") return asked(step.rest);
    if (step.verb == "wait") return wait(parse_duration(step.rest).value());
    session_->stop(now_);
    settle();
  }

  void finish() {
    expect_nothing_left();
    if (session_ && !end_told_ && session_->phase() >= Phase::kLingering) {
      throw std::runtime_error("the connection has ended, and no line says so");
    }
  }

 private:
  void set(const std::string& text) {
    const auto parts = words(text);
    const auto number = parts.size() == 2 ? parse_int(parts[1]) : std::nullopt;
    const auto size = static_cast<std::size_t>(number.value_or(0));
    if (text == "empty_input_is_get_worker yes") {
      options_.empty_input_is_get_worker = true;
    } else if (number && parts[0] == "line_max") {
      options_.limits.line_max = size;
    } else if (number && parts[0] == "output_max") {
      options_.limits.output_max = size;
    } else if (number && parts[0] == "input_max") {
      options_.limits.input_max = size;
    } else {
      throw std::runtime_error("unknown setting " + text);
    }
  }

  void client(const std::string& what) {
    if (what.starts_with("sends ")) return send(unquote(what.substr(6)));
    if (what == "half-closes") {
      take(session_->input_ended(now_));
    } else if (what == "resets") {
      session_->reset();
    } else if (what == "reads nothing" || what == "reads") {
      reads_ = what == "reads";
    } else {
      throw std::runtime_error("unknown act of the client: " + what);
    }
    settle();
  }

  // As a socket does it: no more at once than the session has room for.
  void send(std::string bytes) {
    for (std::size_t room; !bytes.empty() && (room = session_->input_room()) != 0;) {
      const std::string piece = bytes.substr(0, room);
      bytes.erase(0, piece.size());
      take(session_->received(piece, now_));
      settle();
    }
  }

  void core(const std::string& what) {
    if (what.starts_with("notices ")) {
      const std::size_t blank = what.find(' ', 8);
      session_->noticed({what.substr(8, blank - 8), what.substr(blank + 1)}, now_);
      return settle();
    }
    if (session_->phase() != Phase::kWaiting) throw std::runtime_error("no request is out");
    if (what.starts_with("tells ")) {
      session_->told({core::Progress::Phase::kWaiting, what.substr(6)}, now_);
    } else {
      take(session_->answered(parse_answer(what), now_));
    }
    settle();
  }

  void asked(const std::string& request) {
    if (requests_.empty()) throw std::runtime_error("the broker was asked nothing");
    if (requests_.front() != request) {
      throw std::runtime_error("the broker was asked " + requests_.front());
    }
    requests_.pop_front();
  }

  void server(const std::string& what) {
    if (what.starts_with("says ")) {
      const std::string expected = unquote(what.substr(5));
      if (!said_.starts_with(expected)) throw std::runtime_error("the server said " + quote(said_));
      said_.erase(0, expected.size());
    } else if (what == "reads no more") {
      if (session_->input_room() != 0) throw std::runtime_error("the server still reads");
    } else if (what == "shuts down") {
      expect_phase(Phase::kLingering);
    } else if (what == "closes") {
      expect_phase(Phase::kClosed);
    } else {
      throw std::runtime_error("unknown act of the server: " + what);
    }
  }

  void expect_phase(Phase phase) {
    if (session_->phase() != phase) {
      throw std::runtime_error(
          str("the session is in phase ", static_cast<int>(session_->phase())));
    }
    end_told_ = true;
  }

  void wait(Duration time) {
    const Instant until = now_ + time;
    for (auto due = session_->deadline(); due && *due <= until; due = session_->deadline()) {
      now_ = std::max(now_, *due);
      take(session_->time_passed(now_));
      settle();
      if (session_->deadline() == due) throw std::runtime_error("a deadline that stays due");
    }
    now_ = until;
  }

  void settle() {
    while (reads_ && !session_->output().empty() && session_->phase() != Phase::kClosed) {
      const std::string output(session_->output());
      said_ += output;
      take(session_->wrote(output.size(), now_));
    }
  }

  void take(TextSession::Asked request) {
    if (request) requests_.push_back(std::visit(Shown{}, *request));
  }

  void expect_nothing_left() const {
    if (!requests_.empty()) {
      throw std::runtime_error("before this, the broker was asked " + requests_.front());
    }
    if (!said_.empty()) throw std::runtime_error("before this, the server said " + quote(said_));
  }

  wire::TextOptions options_{.limits = {}, .version = "1.2.3"};
  std::optional<TextSession> session_;
  Instant now_{hours{1}};
  std::deque<std::string> requests_;
  std::string said_;
  bool reads_ = true;
  bool end_told_ = false;
};

}  // namespace

std::string play(const Scene& scene) {
  Player player;
  int line = 0;
  try {
    for (const Step& step : scene.steps) {
      line = step.line;
      player.play(step);
    }
    player.finish();
  } catch (const std::exception& e) {
    return str("line ", line, ": ", e.what());
  }
  return {};
}

}  // namespace cb::conformance
