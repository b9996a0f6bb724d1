#include "core/watch/account.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::core {

namespace {

const std::string& region_of(const Worker& worker) {
  return worker.record.region;
}
const std::string& region_of(const AttemptRecord& launch) {
  return launch.region;
}

}  // namespace

void Account::identify() {
  if (identifying_) return;
  identifying_ = true;
  Identify who{{step_.settings.region}};
  for (const auto& [region, cloud] : step_.clouds) {
    if (region != step_.settings.region) who.regions.push_back(region);
  }
  step_.act(std::move(who));
}

bool Account::holds_anything() const {
  return !workers_.all().empty() || launcher_.open() != 0;
}

bool Account::region_changed() const {
  const std::string& known = step_.identity.region;
  if (known.empty() || known == step_.settings.region) return false;
  const auto& workers = workers_.all();
  const auto launches = launcher_.attempts();
  const auto is_there = [&](const auto& entry) { return region_of(entry.second) == known; };
  return std::any_of(workers.begin(), workers.end(), is_there) ||
         std::any_of(launches.begin(), launches.end(), is_there);
}

bool Account::wrong_account(const CloudIdentity& identity) const {
  const std::string& known = step_.identity.account;
  const bool account = !identity.account.empty() && !known.empty() && identity.account != known;
  return (account || region_changed()) && holds_anything();
}

void Account::keys_changed() {
  step_.log(LogLevel::kInfo, "cloud.keys", "the AWS keys have changed: asking whose they are");
  asked_with_former_keys_ = identifying_;
  keys_ = Keys::kUnknown;
  step_.cloud_open = false;
  identify();
}

bool Account::identified(const CloudIdentity& identity) {
  identifying_ = false;
  if (std::exchange(asked_with_former_keys_, false)) {
    identify();
    return true;
  }
  const TimerName again{TimerKind::kIdentify, ""};
  const bool wrong = wrong_account(identity);
  if (wrong || identity.account.empty()) {
    step_.timers.arm(again, step_.now.boot + step_.settings.identify_interval);
  } else {
    step_.timers.cancel(again);
  }
  if (wrong) {
    refuse(identity);
    return false;
  }
  if (identity.account.empty() && keys_ != Keys::kConfirmed) {
    not_named();
    return true;
  }
  BrokerRecord& known = step_.identity;
  const BrokerRecord before = known;
  if (!identity.account.empty()) known.account = identity.account;
  known.region = step_.settings.region;
  if (!(known == before)) step_.save(known);
  keys_ = Keys::kConfirmed;
  // Not in go_on(): a listing that has proved the account is itself the one to go on with.
  if (!step_.cloud_open) want_listings();
  go_on();
  return true;
}

void Account::refuse(const CloudIdentity& identity) {
  const bool fresh = keys_ != Keys::kWrong;
  keys_ = Keys::kWrong;
  step_.cloud_open = false;
  const std::string what =
      region_changed() ? str("[aws] region is ", step_.settings.region,
                             ", but this broker's workers are in ", step_.identity.region)
                       : str("the credentials belong to account ", identity.account,
                             ", but this broker's workers are in account ", step_.identity.account);
  say_trouble(str(what,
                  ": nothing is launched, ended or forgotten until they agree again; give it the ",
                  "former credentials and region, or another state_dir"));
  if (fresh) step_.log(LogLevel::kAlert, "cloud.wrong_account", step_.account_trouble);
}

void Account::not_named() {
  BrokerRecord& known = step_.identity;
  if (keys_ == Keys::kWrong) return;  // the same keys as before
  if (!known.account.empty() && holds_anything()) {
    if (keys_ != Keys::kInDoubt) shows_none_of_ours_.clear();
    keys_ = Keys::kInDoubt;
    return want_listings();
  }
  // There is nothing to lose, and what is launched now need not be of the former account or region.
  if (!known.account.empty() || known.region != step_.settings.region) {
    known.account.clear();
    known.region = step_.settings.region;
    step_.save(known);
  }
  if (!step_.cloud_open) want_listings();
  go_on();
}

void Account::go_on() {
  if (step_.cloud_open) return;
  step_.cloud_open = true;
  say_trouble({});
  const BrokerRecord& known = step_.identity;
  step_.log(LogLevel::kInfo, "cloud.identity",
            str("EC2 in ", step_.settings.region, ", account ",
                known.account.empty() ? "unknown (STS could not be asked)" : known.account));
  terminations_.ask_for_all();
  launcher_.cloud_opened();
}

bool Account::proved_by(const Listing& listing, const std::string& region) {
  if (keys_ != Keys::kInDoubt) return false;
  const auto open_launches = launcher_.attempts();
  const bool ours =
      std::any_of(listing.instances.begin(), listing.instances.end(), [&](const auto& view) {
        const Worker* const worker = workers_.find(view.id);
        return (worker != nullptr && worker->ours) || open_launches.contains(view.token);
      });
  if (ours) {
    keys_ = Keys::kConfirmed;
    go_on();
    for (auto& [other, cloud] : step_.clouds) cloud.want_listing |= other != region;
    return true;
  }
  shows_none_of_ours_.insert(region);
  const bool none_anywhere =
      std::all_of(step_.clouds.begin(), step_.clouds.end(), [&](const auto& entry) {
        return !entry.second.trouble.empty() || shows_none_of_ours_.contains(entry.first);
      });
  if (none_anywhere) {
    say_trouble(
        "STS does not say whose credentials these are, and EC2 shows no instance of ours: "
        "nothing is launched, ended or forgotten until it does");
  }
  return false;
}

void Account::say_trouble(const std::string& sentence) {
  step_.account_trouble = sentence;
}

void Account::want_listings() {
  for (auto& [region, cloud] : step_.clouds) cloud.want_listing = true;
}

}  // namespace cb::core
