#pragma once
// The people and programs that use the broker, each with habits of its own.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/need.h"
#include "port/ports.h"
#include "sim/cloud/ec2.h"
#include "sim/faults/crasher.h"
#include "sim/world/ground.h"
#include "sim/world/mailbox.h"

namespace cb::sim {

class Clients : public port::Replies, public Watcher {
 public:
  Clients(Ground& ground, Ec2& ec2, Mailbox& mailbox, Crasher& crasher);

  void reply(CallerId caller, const core::Answer& answer) override;
  void tell(CallerId caller, const core::Progress& progress) override;
  void notify(ConnectionId connection, const core::Notice& notice) override;
  void launch_called(const LaunchCall& call) override;
  void went_down() override;  // every connection ends with the process

  // Nobody asks for anything any more; who waits goes on waiting.
  void go_home();
  // Long after that, one asks for a worker of each pool, takes it, and does nothing with it.
  void one_for_each_pool();

 private:
  struct Client {
    int number = 0;
    PoolName pool;
    // Habits.
    std::optional<Duration> wait;  // its patience; unset: the broker's usual
    Duration ping_every{0};        // zero: never
    bool releases = false;
    bool wants_progress = false;
    bool stays = false;  // on one connection, with a lease
    core::Need need;     // of its worker, but whether it is leased
    // Now.
    std::string worker;  // the address it works with; empty: none
    std::string last_worker;
    ConnectionId connection;                  // 0: none is open
    LeaseId lease;                            // of its worker; empty: none
    std::vector<core::WorkerAddress> others;  // that it got with it
    Moment session_ends{};
    std::uint64_t session = 0;  // pings of an earlier one are not sent
  };
  using Then = std::function<void(Client&, const core::Answer&)>;
  struct Call {
    Client* client;
    Then then;  // null: asked in passing, whatever the answer
    ConnectionId connection;
  };

  void take_habits(Client& client);
  void take_needs(Client& client, const core::PoolSettings& pool);
  bool busy_at(Moment moment) const;
  void rest(Client& client, Duration pause);
  void next_session(Client& client);
  void got(Client& client, const core::Answer& answer);
  core::Request sign_of_life(Client& client);
  core::Request release(Client& client, const std::string& address);
  void lost_worker(Client& client);
  void hang_up(Client& client);
  void maybe_break(Client& client);
  void break_off(Client& client);
  void resume_later(Client& client, Duration pause);
  void resume(Client& client);
  bool computes_silently(Client& client);
  void work(Client& client);
  void work_done(Client& client);
  void something_else(Client& client);
  void operator_ends_all();
  void herd();
  // Asks now; without a broker the connection is refused and it is tried again later. `then` may
  // be null: the client goes on with something else meanwhile.
  enum class By { kItself, kItsConnection };  // a connection of its own, or the one that stays
  void ask(Client& client, core::Request request, Then then, By by = By::kItself);
  core::Request as_said(core::Request request);
  void gives_up(CallerId caller);
  void maybe_vanish(Client& client, CallerId caller);
  void ends(Client& client, ConnectionId connection);

  Ground& ground_;
  Ec2& ec2_;
  Mailbox& mailbox_;
  Crasher& crasher_;
  Prng prng_;
  Prng saying_;   // how they say what they mean
  Prng staying_;  // what those do who stay on a connection
  std::deque<Client> clients_;
  std::vector<bool> busy_;  // by kStretch
  std::map<CallerId, Call> calls_;
  std::set<CallerId> unheard_;  // hung up while the process stood still
  std::uint64_t callers_ = 0;
  std::uint64_t connections_ = 0;
  bool operator_watches_ = false;  // and ends all at the next launch
  bool home_ = false;
};

// For the timeline and the summary: "address", "ok", "refused", ...
std::string_view kind_of(const core::Answer& answer);
std::string describe(const core::Request& request);
std::string describe(const core::Answer& answer);

}  // namespace cb::sim
