// Clients who stay on a connection and lease their worker; connections break.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/clients/clients.h"

namespace cb::sim {

core::Request Clients::sign_of_life(Client& client) {
  if (client.lease.none() || staying_.chance(30)) return core::Ping{client.worker};
  if (staying_.chance(50)) return core::Ping{client.worker, client.lease};
  return core::Renew{client.lease};
}

core::Request Clients::release(Client& client, const std::string& address) {
  const LeaseId lease = std::exchange(client.lease, {});
  return core::Release{address, staying_.chance(70) ? lease : LeaseId{}};
}

// As whoever closes a socket.
void Clients::hang_up(Client& client) {
  ends(client, client.connection);
}

// Who waits on it goes with it.
void Clients::ends(Client& client, ConnectionId connection) {
  if (connection.value == 0) return;
  if (client.connection == connection) client.connection = {};
  if (!mailbox_.is_open()) return;
  for (auto next = calls_.begin(); next != calls_.end();) {
    const auto call = next++;
    if (call->second.connection != connection) continue;
    const CallerId caller = call->first;
    const bool goes_on = call->second.then != nullptr;
    calls_.erase(call);
    gives_up(caller);
    if (goes_on) rest(client, prng_.between(seconds{1}, seconds{30}));
  }
  mailbox_.deliver(core::ConnectionLost{connection});
}

// A laptop is closed, a network fails, a program dies: its lease goes on for a while.
void Clients::maybe_break(Client& client) {
  if (client.connection.value == 0 || !ground_.schedule.strikes(Fault::kConnectionBreaks)) return;
  Client* const who = &client;
  mailbox_.when_alive(
      staying_.between(seconds{0}, minutes{10}), [this, who, connection = client.connection] {
        // Who waits for an answer on it is maybe_vanish's.
        const bool waits = std::any_of(calls_.begin(), calls_.end(),
                                       [&](const auto& call) { return call.second.client == who; });
        if (who->connection == connection && !who->lease.none() && !waits) {
          break_off(*who);
        }
      });
}

void Clients::break_off(Client& client) {
  ground_.tally.count(Fault::kConnectionBreaks);
  ground_.timeline.note("client  ", client.number, " loses its connection");
  const ConnectionId connection = std::exchange(client.connection, {});
  // Where nothing says so, only the keep-alive finds it out.
  const bool silently = staying_.chance(30);
  mailbox_.deliver_after(silently ? staying_.between(seconds{30}, seconds{90}) : Duration{0},
                         core::ConnectionLost{connection});
  if (staying_.chance(60)) return resume_later(client, staying_.between(seconds{0}, seconds{90}));
  ++client.session;
  client.worker.clear();
  client.lease = {};
  rest(client, prng_.between(seconds{1}, 2 * ground_.options.think));
}

void Clients::resume_later(Client& client, Duration pause) {
  Client* const who = &client;
  ground_.after(pause, [this, who, session = client.session] {
    const bool goes_on = !home_ && who->session == session && !who->lease.none();
    if (goes_on && who->connection.value == 0) resume(*who);
  });
}

void Clients::resume(Client& client) {
  if (!mailbox_.is_open()) {
    if (ground_.now() >= client.session_ends) return;
    return resume_later(client, staying_.between(seconds{1}, seconds{30}));
  }
  const auto resumed = [this](Client& who, const core::Answer& answer) {
    if (std::holds_alternative<core::Ok>(answer)) return;
    ++who.session;
    lost_worker(who);
  };
  ask(client, core::Renew{client.lease}, resumed, By::kItsConnection);
}

void Clients::go_home() {
  home_ = true;
  std::set<const Client*> waiting;
  for (const auto& [caller, call] : calls_) waiting.insert(call.client);
  for (Client& client : clients_) {
    if (!waiting.contains(&client)) hang_up(client);
  }
}

void Clients::notify(ConnectionId connection, const core::Notice& notice) {
  ground_.timeline.note("connection ", connection.value, " hears NOTICE ", notice.address, " ",
                        notice.news);
  ground_.timeline.fold(connection.value, notice.address, notice.news);
  ground_.tell([&](Watcher& watcher) { watcher.noticed(connection, notice); });
  for (Client& client : clients_) {
    if (client.connection != connection || client.worker != notice.address) continue;
    ++client.session;
    lost_worker(client);
  }
}

}  // namespace cb::sim
