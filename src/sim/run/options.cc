#include "sim/run/options.h"

#include <algorithm>

#include "base/text.h"
#include "sim/world/clock.h"

namespace cb::sim {
namespace {

template <class T, std::size_t N>
T pick(Prng& prng, const T (&values)[N]) {
  return values[prng.below(N)];
}

// No two settings of a world are equal that are equal by default, so that none does the work of
// another unnoticed.
void draw_patience(core::Settings& settings, Prng& prng) {
  settings.wait_default = pick<Duration>(prng, {minutes{4}, minutes{7}, minutes{13}});
  settings.terminate_all_patience = pick<Duration>(prng, {seconds{6}, seconds{11}, seconds{17}});
  settings.cloud_unreachable_patience =
      pick<Duration>(prng, {seconds{12}, seconds{26}, seconds{71}});
  // A breaker that opens after ten boots in a row that failed would hardly ever open.
  settings.boot_failures_max = pick<std::size_t>(prng, {10, 5, 3, 2});
  settings.retry_after = pick<Duration>(prng, {seconds{190}, minutes{6}, minutes{16}});
  settings.capacity_memory = pick<Duration>(prng, {seconds{50}, seconds{155}, minutes{8}});
  settings.quota_memory = pick<Duration>(prng, {seconds{250}, minutes{9}, minutes{21}});
  settings.denied_memory = pick<Duration>(prng, {seconds{9}, seconds{28}, seconds{100}});
  settings.token_reuse_limit = pick<Duration>(prng, {minutes{5}, minutes{12}});
  settings.unknown_outcome_grace = pick<Duration>(prng, {seconds{470}, minutes{10}, minutes{14}});
  settings.retry_delay_min =
      pick<Duration>(prng, {milliseconds{300}, milliseconds{700}, seconds{2}});
  settings.retry_delay_max = pick<Duration>(prng, {seconds{6}, seconds{15}, seconds{34}});
  settings.address_grace = pick<Duration>(prng, {seconds{46}, seconds{64}, seconds{77}});
}

void draw_watching(core::Settings& settings, Prng& prng) {
  // Two seconds is the default and costs most of a world's time; every tenth world pays it.
  settings.alive_interval =
      pick<Duration>(prng, {seconds{2}, seconds{10}, seconds{20}, seconds{30}, seconds{30},
                            seconds{45}, seconds{45}, seconds{60}, seconds{60}, seconds{60}});
  settings.alive_failures_max = pick<std::size_t>(prng, {2, 2, 3});
  settings.listing_fast = pick<Duration>(prng, {seconds{1}, seconds{1}, seconds{2}});
  settings.listing_slow = pick<Duration>(prng, {seconds{29}, seconds{61}, seconds{68}});
  settings.probe_interval = pick<Duration>(prng, {milliseconds{200}, seconds{1}, seconds{1}});
  settings.probe_connect_limit = pick<Duration>(prng, {milliseconds{400}, milliseconds{900}});
  settings.boot_probes_max = pick<std::size_t>(prng, {1, 3, 6});
  settings.alive_connect_limit = pick<Duration>(prng, {milliseconds{800}, milliseconds{1500}});
  settings.unreachable_timeout = pick<Duration>(prng, {seconds{72}, seconds{115}, minutes{4}});
  settings.identify_interval = pick<Duration>(prng, {seconds{21}, seconds{33}, seconds{81}});
  settings.terminate_repeat = pick<Duration>(prng, {seconds{41}, seconds{56}, seconds{130}});
  settings.missing_grace = pick<Duration>(prng, {seconds{23}, seconds{44}});
  settings.not_visible_grace = pick<Duration>(prng, {seconds{98}, seconds{149}});
  settings.sweep_grace = pick<Duration>(prng, {seconds{86}, seconds{125}, seconds{215}});
  settings.adoption_patience = pick<Duration>(prng, {seconds{4}, seconds{8}});
  settings.progress_interval = pick<Duration>(prng, {seconds{1}, seconds{3}});
  settings.idle_save_interval = pick<Duration>(prng, {seconds{3}, seconds{5}, seconds{14}});
  settings.restart_grace = pick<Duration>(prng, {seconds{35}, seconds{58}, seconds{95}});
  settings.restart_elapsed_max = pick<Duration>(prng, {minutes{40}, hours{1}, hours{2}});
  settings.save_retry_interval = pick<Duration>(prng, {seconds{7}, seconds{18}});
}

// Every pool differs from the others in all that can be told apart.
core::PoolSettings draw_pool(int number, Prng& prng) {
  using core::MarketOrder;
  using core::ReadyCheck;
  core::PoolSettings pool;
  pool.image = str("ami-", number);
  pool.key_name = prng.chance(50) ? str("key-", number) : "";
  pool.security_groups = {str("sg-", number)};
  const auto subnets = prng.chance(50) ? prng.between(1, 3) : 0;
  for (int n = 0; n < subnets; ++n) pool.subnets.push_back(str("subnet-", number, "abc"[n]));
  pool.instance_profile = prng.chance(50) ? str("profile-", number) : "";
  pool.user_data = prng.chance(50) ? str("#!/bin/sh\necho pool ", number, "\n") : "";
  pool.worker_port = 2560 + number - 1;
  if (number == 2) pool.instance_types = {"m7i.large"};
  if (number == 3) pool.instance_types = {"c6i.16xlarge", "r7i.large"};
  pool.market =
      pick<MarketOrder>(prng, {MarketOrder::kSpotThenOnDemand, MarketOrder::kSpotThenOnDemand,
                               MarketOrder::kSpot, MarketOrder::kOnDemand});
  pool.idle_timeout =
      pick<Duration>(prng, {minutes{15}, minutes{5}, minutes{2}, minutes{40}}) + seconds{number};
  pool.launch_timeout =
      pick<Duration>(prng, {minutes{3}, minutes{3}, seconds{90}}) + seconds{7 * (number - 1)};
  pool.ready = pick<ReadyCheck>(
      prng, {ReadyCheck::kDserv, ReadyCheck::kDserv, ReadyCheck::kTcp, ReadyCheck::kNone});
  if (prng.chance(20)) pool.address = core::AddressKind::kPrivate;
  return pool;
}

void draw_settings(core::Settings& settings, Prng& prng) {
  settings.region = "us-east-1";
  settings.max_workers = static_cast<std::size_t>(prng.between(1, 4));
  settings.launches_per_hour_max =
      pick<std::size_t>(prng, {1000, 1000, 1000, 1000, 200, 60, 20, 6});
  settings.max_lifetime = pick<Duration>(prng, {hours{12}, hours{3}, hours{1}});
  settings.adopt_untagged = prng.chance(15);
  draw_patience(settings, prng);
  draw_watching(settings, prng);
  settings.pools = {{PoolName{"default"}, draw_pool(1, prng)}};
  const int more = pick<int>(prng, {0, 0, 0, 0, 0, 1, 1, 1, 2});
  if (more >= 1) settings.pools[PoolName{"small"}] = draw_pool(2, prng);
  if (more >= 2) settings.pools[PoolName{"third"}] = draw_pool(3, prng);
  settings.max_workers += static_cast<std::size_t>(more);
}

// In a third of the worlds, by a stream of its own: the others stay as they were.
void draw_warm(Options& options) {
  Prng prng = stream(options.seed, "warm");
  if (!prng.chance(40)) return;
  Prng paces = stream(options.seed, "warm paces");
  options.settings.warm_retry_min = pick<Duration>(paces, {seconds{4}, seconds{10}, seconds{27}});
  options.settings.warm_retry_max = pick<Duration>(paces, {seconds{80}, minutes{10}});
  options.settings.calendar_interval = pick<Duration>(paces, {seconds{12}, seconds{31}});
  const WallTime morning = Clock::calendar({}), night = morning + options.length;
  for (auto& [name, pool] : options.settings.pools) {
    if (!prng.chance(85)) continue;
    pool.warm_lead = pick<Duration>(prng, {seconds{0}, seconds{45}, seconds{90}, minutes{6}});
    const auto windows = prng.between(1, 5);
    for (int n = 0; n < windows; ++n) {
      const auto begins = prng.between(minutes{0}, minutes{24 * 60 - 30});
      const auto lasts = prng.between(minutes{10}, minutes{6 * 60});
      const WallTime from = morning + std::chrono::floor<minutes>(begins);
      const auto workers = prng.below(n == 0 ? 2 : 3);
      if (from >= night) continue;
      options.warm[name].push_back({from,
                                    std::min(from + std::chrono::floor<minutes>(lasts), night),
                                    workers + (n == 0 ? 1 : 0), str("window ", n)});
    }
  }
}

// In a quarter of the worlds there is a second region, and pools launch in both, or in that alone.
void draw_regions(Options& options, const Narrowing& narrowing) {
  Prng prng = stream(options.seed, "regions");
  if (!prng.chance(25)) return;
  int& dose = options.dose[static_cast<std::size_t>(Fault::kRegionDown)];
  if (prng.chance(50) && narrowing.takes(Fault::kRegionDown)) {
    dose = std::max(dose, static_cast<int>(prng.between(2, row(Fault::kRegionDown).most)));
  }
  const std::string home = options.settings.region, other = "eu-west-1";
  options.dead_region = prng.chance(50) ? home : other;
  for (auto& [name, pool] : options.settings.pools) {
    if (!prng.chance(80)) continue;
    pool.regions = {home, other};
    if (prng.chance(40)) std::swap(pool.regions.front(), pool.regions.back());
    if (prng.chance(15)) pool.regions = {other};
    pool.images = {{other, {pool.image + "-eu"}}};
    pool.region_security_groups = {{other, {pool.security_groups.front() + "-eu"}}};
    pool.region_subnets = {{other, {}}};
    const auto subnets = prng.chance(50) ? prng.between(1, 3) : 0;
    for (int n = 0; n < subnets; ++n) {
      pool.region_subnets[other].push_back(str("subnet-eu", name.value, "abc"[n]));
    }
  }
}

// What goes wrong together in the field, and would hardly ever meet by chance. A world that has a
// theme has little else.
struct Theme {
  std::array<Fault, 4> faults;  // the last one repeated, where there are fewer
  bool full_room = false;       // and no worker more than there are pools
};
using enum Fault;
constexpr std::array<Theme, 20> kThemes{{
    {{kLaunchLate, kCrash, kLaunchAnswerLost, kVanish}, true},
    {{kDiesSilently, kAddressReused, kNetworkCut, kInterrupted0}},
    {{kProbeLost, kAddressReused, kInterrupted0, kSlowToEnd}},
    {{kLaunchAnswerLost, kTokenMismatch, kNewbornHidden, kNewbornHidden}},
    {{kNoCapacity, kQuota, kVanish, kVanish}},
    {{kNeverReady, kEndsItself, kNeverRuns, kSlowBoot}},
    {{kDenied, kUnreachable, kListingFails, kBadConfig}},
    {{kDiskFull, kCrash, kLaunchAnswerLost, kDiesSilently}},
    {{kTerminateAll, kLaunchLate, kTerminateLost, kLaunchAnswerLost}},
    {{kJournalLost, kCrash, kNewbornHidden, kSlowBoot}},
    {{kJournalRolledBack, kCrash, kInterrupted39, kLaunchNotMade}},
    {{kThrottle, kLaunchNotMade, kUnreachable, kVanish}, true},
    {{kOtherAccount, kKeysSwapped, kStsDown, kKeysRenewed}},
    {{kListingOmits, kListingStale, kSlowToEnd, kListingLate}, true},
    {{kReboot, kCrash, kWallForward, kWallBack}},
    {{kStopped, kTerminateAnswerLost, kTerminateNotFound, kTerminateLate}, true},
    {{kNoAddress, kLateAddress, kListingLate, kListingLate}},
    {{kLaunchLate, kListingFails, kTerminateNotFound, kTerminateAll}, true},
    {{kPaused, kLaunchLate, kLaunchAnswerLost, kTokenMismatch}, true},
    {{kPaused, kCrash, kDiskFull, kStopped}},
}};

void draw_faults(Options& options, const Narrowing& narrowing, Prng& prng) {
  const bool calm = prng.chance(5);  // some worlds are kind: the tests must pass there as well
  const bool themed = prng.chance(55);
  const Theme& theme = kThemes[prng.below(kThemes.size())];
  for (const FaultRow& one : fault_table()) {
    const bool central = themed && std::find(theme.faults.begin(), theme.faults.end(), one.fault) !=
                                       theme.faults.end();
    // A stream for each, so that another fault in the table leaves all worlds as they were.
    Prng own = stream(options.seed, str("dose of ", one.name));
    const bool here = own.chance(themed ? 15 : 40) || central;
    const int dose = static_cast<int>(own.between(central ? (one.most + 1) / 2 : 1, one.most));
    const bool wanted = here && !calm && narrowing.takes(one.fault);
    options.dose[static_cast<std::size_t>(one.fault)] = wanted ? dose : 0;
  }
  if (themed && theme.full_room) options.settings.max_workers = options.settings.pools.size();
}

// From streams of their own: who shares a worker with whom, and who asks for what.
void draw_sharing(Options& options) {
  for (auto& [name, pool] : options.settings.pools) {
    Prng sharing = stream(options.seed, str("sharing of ", name.value));
    if (!sharing.chance(30)) continue;
    if (sharing.chance(50)) {
      pool.sharing = core::Sharing::kExclusive;
    } else {
      pool.max_clients_per_worker = static_cast<std::size_t>(sharing.between(2, 6));
    }
  }
  Prng needs = stream(options.seed, "needs");
  options.needs_percent = pick<int>(needs, {0, 0, 0, 10, 50});
  for (auto& [name, pool] : options.settings.pools) {
    if (!needs.chance(12)) continue;
    pool.sharing = core::Sharing::kPacked;
    pool.max_clients_per_worker = 0;
  }
}

}  // namespace

Prng stream(std::uint64_t seed, std::string_view part) {
  return Prng{seed_of(part, seed)};
}

Options draw_options(std::uint64_t seed, const Narrowing& narrowing) {
  Prng prng = stream(seed, "options");
  Options options;
  options.seed = seed;
  // The lonely idle, vanish and lose answers; a crowd only shares. A stream of its own, so that a
  // world stays as it is when somebody else fills it.
  Prng population = stream(seed, "population");
  options.clients = narrowing.clients.value_or(pick<int>(population, {1, 2, 8, 50, 200}));
  options.length = narrowing.length;
  draw_settings(options.settings, prng);
  // The order of the file is not that of the names.
  std::size_t place = 0;
  const std::size_t pools = options.settings.pools.size();
  for (auto& [name, pool] : options.settings.pools) {
    pool.place = seed % 2 == 0 ? place : pools - 1 - place;
    ++place;
  }
  draw_faults(options, narrowing, prng);
  options.pending_min = seconds{5};
  options.pending_max = pick<Duration>(prng, {seconds{12}, seconds{20}, seconds{40}});
  options.boot_min = seconds{1};
  options.boot_max = pick<Duration>(prng, {seconds{4}, seconds{15}, seconds{30}});
  options.addresses = static_cast<int>(prng.between(6, 40));
  options.capacity = static_cast<std::size_t>(prng.between(1, 5));
  options.staleness = pick<Duration>(prng, {seconds{1}, seconds{5}, seconds{20}});
  options.think = pick<Duration>(prng, {minutes{8}, minutes{20}, minutes{60}});
  options.session = pick<Duration>(prng, {minutes{1}, minutes{4}, minutes{20}});
  options.busy_percent = static_cast<int>(prng.between(10, 45));
  options.release_percent = pick<int>(prng, {0, 0, 1, 5, 40});
  // A stream of its own: whether anybody leases leaves the rest of the world as it was.
  Prng staying = stream(seed, "staying");
  options.staying_percent = pick<int>(staying, {0, 0, 15, 50, 100});
  options.settings.lease_ttl = pick<Duration>(staying, {minutes{15}, minutes{3}, minutes{40}});
  options.settings.lease_grace = pick<Duration>(staying, {seconds{60}, seconds{10}, minutes{5}});
  draw_sharing(options);
  draw_warm(options);
  draw_regions(options, narrowing);
  options.shown_after_end = pick<Duration>(prng, {minutes{1}, minutes{10}, hours{1}});
  options.foreigners = prng.chance(60);
  options.batching = pick<Duration>(prng, {milliseconds{0}, milliseconds{0}, milliseconds{40}});
  return options;
}

std::string Narrowing::flags() const {
  std::string out;
  const Narrowing usual;
  if (clients) out += str(" --clients ", *clients);
  if (length != usual.length) out += str(" --hours ", length / hours{1});
  if (without.empty()) return out;
  // Whichever list is the shorter.
  const bool few_left = without.size() * 2 > kFaults;
  std::string names;
  for (const FaultRow& one : fault_table()) {
    if (takes(one.fault) == few_left) names += str(names.empty() ? "" : ",", one.name);
  }
  out += str(few_left ? " --only " : " --without ", names.empty() ? "none" : names);
  return out;
}

std::string describe(const Options& options) {
  const core::Settings& settings = options.settings;
  const core::PoolSettings& pool = settings.pools.begin()->second;
  std::string out =
      str("world ", options.seed, ": ", options.clients, " clients, ", to_string(options.length),
          ", max_workers ", settings.max_workers, ", idle_timeout ", to_string(pool.idle_timeout),
          ", launch_timeout ", to_string(pool.launch_timeout), ", ready ",
          static_cast<int>(pool.ready), ", ", options.addresses, " addresses; faults:");
  for (const FaultRow& one : fault_table()) {
    if (const int dose = options.dose_of(one.fault); dose != 0)
      out += str(" ", one.name, "=", dose);
  }
  return out;
}

}  // namespace cb::sim
