#pragma once
// Rule 4: no instance is billed for longer than the stated bound with nobody behind it. Each has a
// moment by which it must be gone: by its phase, moved on by whoever uses it and by the troubles
// that hinder the phase it is in (docs/simulation.md has the table). Reports the worst.

#include <map>
#include <optional>
#include <set>

#include "sim/checkers/warm_demand.h"
#include "sim/cloud/ec2.h"
#include "sim/cloud/sim_cloud.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class Orphans : public Watcher {
 public:
  Orphans(Ground& ground, const Ec2& ec2, const History& history, const SimStore& store,
          const WarmDemand& warm)
      : ground_(ground), ec2_(ec2), history_(history), store_(store), warm_(warm) {}

  void asked(CallerId, const core::Request&) override { refresh(); }
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override;
  void cut(CallerId caller) override;
  void terminate_called(const std::vector<InstanceId>& ids) override;
  void terminate_wasted(const InstanceId& id) override;
  void credentials(bool others) override;
  void hidden(const Instance& instance, Moment until) override;
  void born(const Instance& instance) override;
  void ended(const Instance& instance) override;
  void told(const core::Event& event) override;
  void decided(const std::vector<core::Change>& changes) override;
  void committed(const std::vector<core::Change>&) override { leased_unwritten_.clear(); }
  void starting(Duration misjudged) override;
  void started(const BrokerStart& start) override;
  void went_down() override;
  void hears_again() override;
  void turned() override;
  void finished() override;

 private:
  void held_for_counts();
  void kept_warm();
  enum class Phase { kUnseen, kBooting, kReady, kEnding };
  struct Watched {
    const Instance* instance = nullptr;
    Phase phase = Phase::kUnseen;
    Moment deadline{};  // gone by then
    Moment hidden_until{};
    std::optional<Moment> boot_until;
    Duration may_boot{0};  // what that was reckoned with
    std::optional<Moment> idle_until;
    Duration booted{0};
    Duration idles{0};
    bool asked = false;     // and has not answered: it is in use for all that the broker can know
    bool taken_up = false;  // by its launch: the sooner of the two limits of a boot holds
    // For the report.
    Moment needed{};      // somebody was behind it
    Duration excused{0};  // how far troubles have moved the deadline since then
  };

  // No broker runs that could end anything.
  bool blocked() const {
    return down_ || ground_.deaf() || others_ || (shut_ && ground_.now() <= asks_again_by_);
  }
  void asks_again() {
    asks_again_by_ =
        ground_.now() + ground_.options.settings.identify_interval + SimCloud::kCallLimit;
  }
  void identified(const core::CloudIdentity& identity);
  void listed(const core::ListResult& result);
  void probed(const core::Probed& probe);
  void in_use(Watched& watched);
  Duration idle_slack() const;
  void opened();
  Watched* find(const InstanceId& id);
  void judge(const Watched& watched) const;
  bool leased(const InstanceId& id) const;
  void given_back(const LeaseId& id);
  Moment listens_until(const Watched& watched) const;
  void seen(const core::InstanceView& view);
  void boots(Watched& watched);
  void ready(Watched& watched, const core::WorkerRecord& record);
  void ends(Watched& watched);
  void follow_settings();
  void touched(Watched& watched);
  void touched_by(const core::Request& request);
  void trouble(Watched& watched, Moment until);
  Moment resumed(Watched& watched, const core::Records& held);
  void refresh();
  bool awaited(const Watched& watched) const;
  void report(const Watched& watched) const;
  static std::string_view name_of(Phase phase);

  Ground& ground_;
  const Ec2& ec2_;
  const History& history_;
  const SimStore& store_;
  const WarmDemand& warm_;
  std::map<InstanceId, Watched> living_;
  std::map<LeaseId, InstanceId> leased_;   // ever
  std::set<InstanceId> leased_unwritten_;  // while the journal could not be written
  bool down_ = true;
  bool others_ = false;  // the credentials are another account's
  bool shut_ = false;    // the broker does not know whose they are, or knows that they are not ours
  bool named_ = false;   // since they changed it was told that they are ours
  bool in_doubt_ = false;  // STS did not name an account; an instance of ours may prove it
  Moment named_for_good_from_{};
  Moment asks_again_by_{};  // whose they are, while it is shut
  Moment started_{};
  Moment open_from_{};  // EC2 is asked for nothing before the broker knows who it is
};

}  // namespace cb::sim
