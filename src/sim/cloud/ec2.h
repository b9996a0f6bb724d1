#pragma once
// The simulated EC2 itself: machines with their true lives and what they bill. How the broker
// hears of it (late, twice, not at all) is SimCloud's.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sim/cloud/instance.h"
#include "sim/run/form.h"
#include "sim/world/addresses.h"
#include "sim/world/ground.h"

namespace cb::sim {

inline constexpr const char* kUserInitiated = "Client.UserInitiatedShutdown";

class Ec2 {
 public:
  explicit Ec2(Ground& ground);

  // A launch request that reaches EC2, and its reading. The same token and bytes give the same
  // instance.
  std::variant<const Instance*, core::CloudFailure> launch(const std::string& body,
                                                           const LaunchForm& form,
                                                           const std::string& region);
  // From now on it ends, if it has not ended already.
  void end(const InstanceId& id, const std::string& code, const std::string& reason);

  // Somebody has it compute for so long, after what it computes already. False where nobody at this
  // address would.
  bool compute(const std::string& address, Duration work);
  // Every service answers from now on.
  void heal();

  Instance* find(const InstanceId& id);
  const Instance* at_address(const std::string& address) const {
    return addresses_.holder(address);
  }
  // When another than `instance`, after it, gave the address back; unset: none has, or not lately.
  std::optional<Moment> left_by_another(const std::string& address, const Instance& instance) const;
  const std::deque<Instance>& all() const { return instances_; }

  // As a describe call shows it, seen as it was at `as_of`; unset: not there (yet, or any longer).
  std::optional<core::InstanceView> view(const Instance& instance, Moment as_of) const;
  // Everything in that region that carries the tags that are asked for, as it was then.
  std::vector<core::InstanceView> tagged(const core::ListByTag& what, const std::string& region,
                                         Moment as_of);
  void put_tag(const InstanceId& id, const std::string& key, const std::string& value);

  // Until then a listing by tag may lack something.
  Moment tags_edited_until() const { return tags_edited_until_; }
  // While they are all that tells whose an instance is, people leave them alone.
  void leave_tags_until(Moment when) { tags_left_until_ = when; }
  // Whether anything that is listed has changed, or was shown for the first time, after `then`.
  bool changed_since(Moment then) const;

  // What an hour of such a machine costs at that time; prices move every hour.
  Money hourly(const Instance& instance, Moment at) const;
  Money cost(const Instance& instance, Moment from, Moment to) const;

 private:
  using Refusal = std::optional<core::CloudFailure>;
  Refusal refusal(const LaunchForm& form, const std::string& region);
  Refusal market_refusal(const LaunchForm& form, const std::string& region);
  Instance& make(Owner owner, const std::string& region);
  void foreigners();
  void people();
  void rival();
  void rival_renews(Instance& instance, Moment until);
  Instance* one_of_ours();  // that runs; null: none does
  void protect();
  void stop_one();
  void reboot_one();
  void edit_tags();
  void live(Instance& instance, const std::optional<minutes>& lifetime);
  void run(Instance& instance);
  void boot(Instance& instance);
  void begin_service(Instance& instance, Moment opens, Duration takes);
  void restart_service(Instance& instance);
  void misfortunes(Instance& instance);
  void interrupt_later(Instance& instance, Fault fault, Duration notice);
  const core::PoolSettings* pool_of(const Instance& instance) const;
  bool probed(const Instance& instance) const;
  void enter(Instance& instance, core::InstanceState state);
  void free_address(Instance& instance);
  void stranger_takes_an_address();

  Ground& ground_;
  Prng prng_;
  Addresses addresses_;
  std::deque<Instance> instances_;  // stable addresses; nothing is ever removed
  std::unordered_map<InstanceId, Instance*> by_id_;
  std::unordered_map<LaunchToken, Instance*> by_token_;
  std::vector<Instance*> listed_;  // those that a listing may still show
  Prng people_;                    // what they do leaves the machines' own fates as they were
  Moment tags_edited_until_{}, tags_left_until_{};
};

// The bill names them by the owner for whom the broker must answer.
inline bool ours(const Instance& instance) {
  return instance.owner == Owner::kOurs;
}

}  // namespace cb::sim
