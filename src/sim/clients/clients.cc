#include "sim/clients/clients.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/demand/pool_choice.h"
#include "sim/clients/habits.h"
#include "sim/world/contents.h"

namespace cb::sim {
namespace {

using core::Answer;

// Half of a machine, where they are parted.
core::Request one_of(const PoolName& pool, const core::PoolSettings& settings) {
  core::GetWorker get;
  get.pool = pool;
  get.leased = needs_a_lease(settings);
  if (settings.sharing == core::Sharing::kPacked) get.cores = cores_in(settings) / 2;
  return get;
}

// People come together and leave together: so long at a time.
constexpr Duration kStretch = minutes{10};

// Something between nothing and twice the mean.
Duration around(Prng& prng, Duration mean) {
  return prng.between(seconds{1}, 2 * mean);
}

}  // namespace

Clients::Clients(Ground& ground, Ec2& ec2, Mailbox& mailbox, Crasher& crasher)
    : ground_(ground),
      ec2_(ec2),
      mailbox_(mailbox),
      crasher_(crasher),
      prng_(stream(ground.options.seed, "crowd")),
      saying_(stream(ground.options.seed, "sayings")),
      staying_(stream(ground.options.seed, "connections")) {
  const Options& options = ground.options;
  // The world begins busy, so that a shortened one is not empty.
  busy_.push_back(true);
  for (auto left = options.length / kStretch; left > 0; --left) {
    busy_.push_back(prng_.chance(static_cast<unsigned>(options.busy_percent)));
  }
  for (int number = 1; number <= options.clients; ++number) {
    Client& client = clients_.emplace_back();
    client.number = number;
    take_habits(client);
    rest(client, around(prng_, options.think));
  }
  for (const Moment when : ground.schedule.times(Fault::kHerd)) {
    ground.heap.at(when, [this] { herd(); });
  }
  for (const Moment when : ground.schedule.times(Fault::kTerminateAll)) {
    ground.heap.at(when, [this] {
      if (prng_.chance(50)) return operator_ends_all();
      operator_watches_ = true;
    });
  }
}

// What makes an operator end everything is often a launch that he sees and does not want.
void Clients::launch_called(const LaunchCall&) {
  if (!std::exchange(operator_watches_, false)) return;
  ground_.after(prng_.between(seconds{0}, seconds{5}), [this] { operator_ends_all(); });
}

void Clients::one_for_each_pool() {
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    if (clients_.empty()) continue;
    ask(clients_.front(), one_of(pool, settings), nullptr);
  }
}

bool Clients::busy_at(Moment moment) const {
  const auto stretch = static_cast<std::size_t>(moment.time_since_epoch() / kStretch);
  return stretch < busy_.size() && busy_[stretch];
}

void Clients::rest(Client& client, Duration pause) {
  Moment when = ground_.now() + pause;
  const Moment last = Moment{} + ground_.options.length;
  while (when < last && !busy_at(when)) when += kStretch;
  if (when >= last) return;
  Client* const who = &client;
  ground_.heap.at(when, [this, who] { next_session(*who); });
}

void Clients::next_session(Client& client) {
  if (home_) return;
  if (prng_.chance(12)) something_else(client);
  core::GetWorker get{.pool = client.pool,
                      .wait = client.wait,
                      .client = str("client-", client.number),
                      .wants_progress = client.wants_progress,
                      .leased = client.stays,
                      .hold = {}};
  get.cores = client.need.cores;
  get.type = client.need.type;
  get.market = client.need.market;
  get.region = client.need.region;
  get.count = client.need.count;
  get.alone = client.need.alone;
  // Not for longer than the world lasts.
  const Duration left = Moment{} + ground_.options.length - ground_.now() - hours{1};
  if (client.stays && staying_.chance(15) && left > seconds{1}) {
    const Duration idle = ground_.options.settings.pools.at(client.pool).idle_timeout;
    get.hold = std::min({Duration{idle * staying_.between(20, 200) / 100}, left,
                         ground_.options.settings.max_lifetime});
  }
  ask(
      client, std::move(get), [this](Client& who, const Answer& answer) { got(who, answer); },
      By::kItsConnection);
}

void Clients::got(Client& client, const Answer& answer) {
  std::vector<core::WorkerAddress> given;
  if (const auto* one = std::get_if<core::WorkerAddress>(&answer)) given = {*one};
  if (const auto* all = std::get_if<core::WorkerAddresses>(&answer)) given = all->workers;
  if (given.empty()) {
    // The impatient ask again at once, the others after a coffee.
    rest(client, client.wait ? prng_.between(seconds{1}, minutes{2})
                             : prng_.between(seconds{20}, minutes{10}));
    return;
  }
  client.worker = client.last_worker = given.front().address;
  client.lease = given.front().lease;
  client.others.assign(given.begin() + 1, given.end());
  maybe_break(client);
  client.session_ends = ground_.now() + around(prng_, ground_.options.session);
  ++client.session;
  if (!computes_silently(client)) work(client);
}

// One long computation in one call, and nothing can be said until it is done.
bool Clients::computes_silently(Client& client) {
  if (!ground_.would_strike(Fault::kSilentJob)) return false;
  const Duration idle = ground_.options.settings.pools.at(client.pool).idle_timeout;
  const Duration job = idle * prng_.between(20, 250) / 100;
  if (!ec2_.compute(client.worker, job)) return false;
  ground_.met(Fault::kSilentJob);
  Client* const who = &client;
  ground_.after(job, [this, who, session = client.session] {
    if (!home_ && who->session == session) work_done(*who);
  });
  return true;
}

void Clients::work(Client& client) {
  Client* const who = &client;
  const bool pings =
      client.ping_every != Duration{0} && ground_.now() + client.ping_every < client.session_ends;
  const Moment next = pings ? ground_.now() + client.ping_every : client.session_ends;
  // Its time may have passed while it waited for an answer.
  ground_.heap.at(std::max(next, ground_.now()), [this, who, pings, session = client.session] {
    if (home_ || who->session != session) return;
    if (!pings) return work_done(*who);
    const auto go_on = [this](Client& whose, const Answer& answer) {
      if (std::holds_alternative<core::Ok>(answer)) return work(whose);
      lost_worker(whose);
    };
    ask(*who, sign_of_life(*who), go_on, By::kItsConnection);
  });
}

// It was taken from us: ask for another.
void Clients::lost_worker(Client& client) {
  client.worker.clear();
  client.lease = {};
  rest(client, prng_.between(seconds{1}, seconds{30}));
}

void Clients::work_done(Client& client) {
  const std::string address = std::exchange(client.worker, {});
  for (const core::WorkerAddress& other : std::exchange(client.others, {})) {
    ask(client, core::Release{other.address, other.lease}, nullptr, By::kItsConnection);
  }
  const auto leave = [this](Client& who, const Answer&) {
    if (staying_.chance(60)) hang_up(who);
    rest(who, around(prng_, ground_.options.think));
  };
  if (client.releases) return ask(client, release(client, address), leave, By::kItsConnection);
  client.lease = {};
  leave(client, core::Ok{});
}

void Clients::something_else(Client& client) {
  if (ground_.strikes(Fault::kWrongAddress)) {
    // An address that somebody noted down long ago, or invented.
    const std::string address = !client.last_worker.empty() && prng_.chance(60)
                                    ? client.last_worker
                                    : str("198.51.100.", prng_.between(1, 60));
    if (prng_.chance(70)) return ask(client, core::Ping{address}, nullptr);
    return ask(client, core::Release{address}, nullptr);
  }
  if (prng_.chance(50))
    return ask(client, core::ShowStatus{.everything = callers_ % 2 == 0}, nullptr);
  ask(client, core::ListAll{}, nullptr);
}

void Clients::operator_ends_all() {
  if (home_ || clients_.empty()) return;
  ground_.tally.count(Fault::kTerminateAll);
  ask(clients_.front(), core::TerminateAll{}, nullptr);
}

// A cluster's job array begins: a thousand programs ask within a second.
void Clients::herd() {
  if (home_ || clients_.empty() || !mailbox_.is_open()) return;
  ground_.tally.count(Fault::kHerd);
  const PoolName pool = clients_.front().pool;
  const core::Request wish = one_of(pool, ground_.options.settings.pools.at(pool));
  for (int n = 0; n < 1000; ++n) {
    const bool lists = prng_.chance(5);
    Client* const who = &clients_[static_cast<std::size_t>(n) % clients_.size()];
    ground_.after(prng_.between(milliseconds{0}, seconds{1}), [this, who, wish, lists] {
      if (lists) return ask(*who, core::ListAll{}, nullptr);
      ask(*who, wish, nullptr);
    });
  }
}

void Clients::ask(Client& client, core::Request request, Then then, By by) {
  if (!mailbox_.is_open()) {
    ground_.timeline.note("client  ", client.number, " finds no broker");
    if (!then) return;
    if (std::holds_alternative<core::GetWorker>(request)) {
      rest(client, prng_.between(seconds{5}, minutes{2}));
    } else {
      // Its connection fails; whoever works goes on without.
      rest(client, around(prng_, ground_.options.think));
    }
    return;
  }
  const CallerId caller{++callers_};
  const bool stays = client.stays && by == By::kItsConnection;
  if (stays && client.connection.value == 0) client.connection = {++connections_};
  const ConnectionId connection = stays ? client.connection : ConnectionId{};
  ground_.timeline.note("client  ", client.number, " asks ", describe(request), " as caller ",
                        caller.value,
                        connection.value == 0 ? "" : str(" on connection ", connection.value));
  calls_[caller] = {&client, std::move(then), connection};
  ground_.tell([&](Watcher& watcher) { watcher.sent(caller, request); });
  const core::Origin origin{"192.0.2.1", str("client-", client.number)};
  mailbox_.bring([this, caller, request = std::move(request), origin, connection] {
    ground_.tell([&](Watcher& watcher) { watcher.asked(caller, request); });
    mailbox_.deliver(core::Asked{caller, as_said(request), origin, connection});
  });
  maybe_vanish(client, caller);
}

// Some say how many cores they need, or nothing, where that means the pool that they mean.
core::Request Clients::as_said(core::Request request) {
  auto* const get = std::get_if<core::GetWorker>(&request);
  if (get == nullptr || saying_.chance(50)) return request;
  const core::Settings& settings = ground_.options.settings;
  const auto meant = settings.pools.find(get->pool);
  const bool plain = core::need_of(*get) == core::Need{.leased = get->leased};
  if (!plain || meant->second.sharing == core::Sharing::kPacked) return request;
  const bool first = std::none_of(settings.pools.begin(), settings.pools.end(), [&](auto& other) {
    return other.second.place < meant->second.place &&
           cores_in(other.second) >= cores_in(meant->second);
  });
  if (get->pool.value == "default" && saying_.chance(50)) {
    get->pool.value.clear();
  } else if (first) {
    get->pool.value.clear();
    get->cores = cores_in(meant->second);
  } else {
    get->cores = static_cast<int>(saying_.between(0, cores_in(meant->second)));
  }
  return request;
}

void Clients::gives_up(CallerId caller) {
  unheard_.insert(caller);
  mailbox_.bring([this, caller] {
    unheard_.erase(caller);
    ground_.tell([&](Watcher& watcher) { watcher.hung_up(caller); });
    mailbox_.deliver(core::CallerGone{caller});
  });
}

void Clients::maybe_vanish(Client& client, CallerId caller) {
  if (!ground_.schedule.strikes(Fault::kVanish)) return;
  mailbox_.when_alive(prng_.between(milliseconds{0}, minutes{1}), [this, caller, who = &client] {
    const auto found = calls_.find(caller);
    if (found == calls_.end()) return;
    ground_.tally.count(Fault::kVanish);
    ground_.timeline.note("caller  ", caller.value, " hangs up");
    const Call call = std::move(found->second);
    calls_.erase(found);
    gives_up(caller);
    ends(*who, call.connection);
    if (call.then) rest(*who, prng_.between(seconds{1}, minutes{20}));
  });
}

void Clients::reply(CallerId caller, const Answer& answer) {
  crasher_.reached(CrashPoint::kBeforeReply);
  ++ground_.tally.answers[std::string(kind_of(answer))];
  ground_.timeline.note("caller  ", caller.value, " gets ", describe(answer));
  fold(ground_.timeline, answer);
  ground_.tell([&](Watcher& watcher) { watcher.answered(caller, answer); });
  const auto found = calls_.find(caller);
  if (found != calls_.end()) {
    const Call call = std::move(found->second);
    calls_.erase(found);
    // Whatever it does next is not from inside the broker's call.
    if (call.then) {
      ground_.after(Duration{0}, [this, call, answer] {
        call.then(*call.client, answer);
        if (home_) hang_up(*call.client);
      });
    }
  }
  crasher_.reached(CrashPoint::kAfterReply);
}

void Clients::tell(CallerId caller, const core::Progress& progress) {
  ground_.timeline.note("caller  ", caller.value, " hears # ", progress.text);
  ground_.timeline.fold(static_cast<int>(progress.phase));
  ground_.tell([&](Watcher& watcher) { watcher.heard(caller, progress); });
}

void Clients::went_down() {
  for (const CallerId caller : std::exchange(unheard_, {})) {
    ground_.tell([&](Watcher& watcher) { watcher.cut(caller); });
  }
  for (Client& client : clients_) {
    client.connection = {};
    if (!client.lease.none() && staying_.chance(70)) {
      resume_later(client, staying_.between(seconds{1}, seconds{60}));
    }
  }
  const std::map<CallerId, Call> lost = std::exchange(calls_, {});
  for (const auto& entry : lost) {
    ground_.tell([&](Watcher& watcher) { watcher.cut(entry.first); });
    const Call& call = entry.second;
    if (call.then) rest(*call.client, prng_.between(seconds{1}, seconds{40}));
  }
}

}  // namespace cb::sim
