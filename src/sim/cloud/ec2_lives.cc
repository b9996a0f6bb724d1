// How the machines of the simulated EC2 live and end.

#include <algorithm>

#include "base/text.h"
#include "sim/cloud/ec2.h"

namespace cb::sim {
namespace {

using core::InstanceState;

// What EC2 writes beside an instance that it took back from pending to terminated.
constexpr std::string_view kOwnEnds[] = {"Server.InsufficientInstanceCapacity",
                                         "Client.VolumeLimitExceeded", "Client.InternalError",
                                         "Server.InternalError"};

// As a unit file has it: RestartSec.
constexpr Duration kRestartPause = seconds{10};

}  // namespace

void Ec2::enter(Instance& instance, InstanceState state) {
  const bool bills_no_longer =
      state == InstanceState::kShuttingDown || state == InstanceState::kTerminated;
  const bool first_end = bills_no_longer && !instance.ended;
  if (first_end) instance.ended = ground_.now();
  instance.history.emplace_back(ground_.now(), state);
  if (instance.owner == Owner::kStranger) return;
  ground_.timeline.note("ec2     ", instance.id.value, " is ", to_string(state), " ",
                        instance.reason_code);
  if (!first_end) return;
  if (ours(instance)) {
    ground_.tally.billed_seconds +=
        static_cast<std::uint64_t>(instance.billed_until(ground_.now()).count());
    ground_.tally.billed += cost(instance, instance.born, ground_.now());
  }
  ground_.tell([&](Watcher& watcher) { watcher.ended(instance); });
}

void Ec2::live(Instance& instance, const std::optional<minutes>& lifetime) {
  const Options& options = ground_.options;
  Instance* const it = &instance;
  if (ground_.would_strike(Fault::kEndsItself)) {
    ground_.after(prng_.between(seconds{1}, seconds{20}), [this, it] {
      if (!it->alive()) return;
      ground_.met(Fault::kEndsItself);
      it->reason_code = kOwnEnds[prng_.below(std::size(kOwnEnds))];
      it->reason = "EC2 took it back";
      enter(*it, InstanceState::kTerminated);
      free_address(*it);
    });
    return;
  }
  if (ground_.strikes(Fault::kNeverRuns)) return;
  const Duration pending = prng_.between(options.pending_min, options.pending_max);
  ground_.after(pending, [this, it, lifetime] {
    if (it->state() != InstanceState::kPending) return;
    run(*it);
    if (!lifetime) return;
    ground_.after(*lifetime, [this, it] {
      end(it->id, "Client.InstanceInitiatedShutdown", "its own shutdown");
    });
  });
}

void Ec2::run(Instance& instance) {
  enter(instance, InstanceState::kRunning);
  const core::PoolSettings* const pool = pool_of(instance);
  const bool public_matters = pool != nullptr && pool->address == core::AddressKind::kPublic;
  if (public_matters && ground_.strikes(Fault::kNoAddress)) {
    instance.gets_public_address = false;
  } else {
    const bool late = public_matters && ground_.strikes(Fault::kLateAddress);
    instance.address_shown =
        ground_.now() + (late ? prng_.between(seconds{2}, seconds{40}) : Duration{0});
  }
  boot(instance);
  if (ours(instance)) misfortunes(instance);
}

// Null: not one of ours.
const core::PoolSettings* Ec2::pool_of(const Instance& instance) const {
  if (!ours(instance)) return nullptr;
  return &ground_.options.settings.pools.at(instance.pool);
}

// Whether anybody looks at its service.
bool Ec2::probed(const Instance& instance) const {
  const core::PoolSettings* const pool = pool_of(instance);
  return pool != nullptr && pool->ready != core::ReadyCheck::kNone;
}

void Ec2::boot(Instance& instance) {
  const Options& options = ground_.options;
  Duration takes = prng_.between(options.boot_min, options.boot_max);
  if (probed(instance) && ground_.strikes(Fault::kSlowBoot)) {
    takes = prng_.between(minutes{1}, minutes{4});
  }
  const bool never = probed(instance) && ground_.strikes(Fault::kNeverReady);
  const auto how = prng_.below(3);  // never ready: closed, silent, or something else answers
  if (!never) {
    begin_service(instance, ground_.now() + takes / 2, takes - takes / 2);
  } else if (how == 1) {
    instance.accepts = ground_.now() + takes / 2;
  }
  if (never && how == 2) {
    instance.accepts = ground_.now() + takes;
    instance.wrong_service = true;
  }
}

// It may answer for a moment before it evaluates its configuration.
void Ec2::begin_service(Instance& instance, Moment opens, Duration takes) {
  instance.accepts = opens;
  instance.serves = opens + takes;
  if (!ground_.strikes(Fault::kEarlyAnswer)) return;
  instance.early_until =
      std::min(opens + prng_.between(milliseconds{5}, milliseconds{130}), *instance.serves);
}

// Its init system starts it again.
void Ec2::restart_service(Instance& instance) {
  ground_.timeline.note("ec2     ", instance.id.value, " loses its service, which begins anew");
  instance.restarted = ground_.now();
  ++instance.services;
  instance.busy_until = {};
  instance.early_until.reset();
  begin_service(instance, ground_.now() + kRestartPause,
                prng_.between(ground_.options.boot_min, ground_.options.boot_max));
  ground_.tell([&](Watcher& watcher) { watcher.service_ended(instance); });
}

bool Ec2::compute(const std::string& address, Duration work) {
  Instance* const holder = addresses_.holder(address);
  if (holder == nullptr || !ours(*holder) || !holder->serving(ground_.now())) return false;
  if (pool_of(*holder)->ready != core::ReadyCheck::kDserv) return false;
  holder->busy_until = std::max(holder->busy_until, ground_.now()) + work;
  ground_.timeline.note("ec2     ", holder->id.value, " computes for ", to_string(work));
  return true;
}

void Ec2::heal() {
  for (Instance& instance : instances_) {
    instance.busy_until = std::min(instance.busy_until, ground_.now());
    if (instance.accepts && !instance.serves && !instance.wrong_service && ours(instance)) {
      instance.serves = std::max(*instance.accepts, ground_.now());
    }
  }
}

void Ec2::misfortunes(Instance& instance) {
  Instance* const it = &instance;
  if (probed(instance) && ground_.would_strike(Fault::kServiceRestarts)) {
    ground_.after(prng_.between(seconds{10}, minutes{40}), [this, it] {
      if (!it->serving(ground_.now())) return;
      ground_.met(Fault::kServiceRestarts);
      restart_service(*it);
    });
  }
  if (probed(instance) && ground_.would_strike(Fault::kDiesSilently)) {
    ground_.after(prng_.between(seconds{10}, minutes{40}), [this, it] {
      if (!it->running() || it->dead) return;
      it->dead = ground_.now();
      ground_.met(Fault::kDiesSilently);
      ground_.tell([&](Watcher& watcher) { watcher.service_ended(*it); });
    });
  }
  if (instance.market != core::Market::kSpot) return;
  interrupt_later(instance, Fault::kInterrupted120, seconds{120});
  interrupt_later(instance, Fault::kInterrupted39, seconds{39});
  interrupt_later(instance, Fault::kInterrupted0, seconds{0});
}

void Ec2::interrupt_later(Instance& instance, Fault fault, Duration notice) {
  if (!ground_.would_strike(fault)) return;
  Instance* const it = &instance;
  ground_.after(prng_.between(seconds{10}, minutes{15}), [this, it, fault, notice] {
    if (!it->running()) return;
    ground_.timeline.note("ec2     ", it->id.value, " is told that it ends in ", to_string(notice));
    ground_.after(notice, [this, it, fault] {
      if (!it->running()) return;
      ground_.met(fault);
      end(it->id, "Server.SpotInstanceTermination", "interrupted by EC2");
    });
  });
}

void Ec2::end(const InstanceId& id, const std::string& code, const std::string& reason) {
  Instance* const instance = find(id);
  if (instance == nullptr || !instance->alive()) return;
  instance->reason_code = code;
  instance->reason = reason;
  enter(*instance, InstanceState::kShuttingDown);
  const bool at_once = ground_.strikes(Fault::kAddressReused);
  if (at_once) {
    free_address(*instance);
    if (prng_.chance(60)) stranger_takes_an_address();
  }
  const Duration takes = ground_.strikes(Fault::kSlowToEnd)
                             ? prng_.between(seconds{30}, minutes{10})
                             : prng_.between(seconds{1}, seconds{30});
  ground_.after(takes, [this, instance] {
    enter(*instance, InstanceState::kTerminated);
    free_address(*instance);
  });
}

void Ec2::free_address(Instance& instance) {
  instance.left = ground_.now();
  addresses_.give_back(instance);
}

std::optional<Moment> Ec2::left_by_another(const std::string& address,
                                           const Instance& instance) const {
  const Instance* const leaver = addresses_.latest_leaver(address);
  if (leaver == nullptr || leaver == &instance) return {};
  return leaver->left;
}

// Another account's machine: it answers at an address that was a worker's a moment ago.
void Ec2::stranger_takes_an_address() {
  Instance& stranger = make(Owner::kStranger, ground_.options.settings.region);
  const auto pair = addresses_.take(stranger);
  stranger.history.emplace_back(ground_.now(), InstanceState::kRunning);
  if (!pair) return;
  stranger.public_address = pair->public_address;
  stranger.private_address = pair->private_address;
  const auto kind = prng_.below(3);  // a closed port, another service, another lab's dserv
  if (kind != 0) stranger.accepts = ground_.now();
  if (kind == 1) stranger.wrong_service = true;
  if (kind == 2) stranger.serves = ground_.now();
  Instance* const it = &stranger;
  ground_.after(prng_.between(seconds{30}, hours{2}), [this, it] { free_address(*it); });
}

}  // namespace cb::sim
