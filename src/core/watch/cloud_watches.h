#pragma once
// The account, and a watch over each region in which it has something or may launch.

#include <map>
#include <span>
#include <string>

#include "core/watch/cloud_watch.h"

namespace cb::core {

class CloudWatches {
 public:
  CloudWatches(Step& step, WorkerPool& workers, Terminations& terminations, Launcher& launcher,
               Probes& probes, Claims& claims)
      : step_(step),
        account_(step, workers, terminations, launcher),
        listers_(step),
        shared_{step, workers, terminations, launcher, probes, claims, account_, listers_} {}

  void identify() { account_.identify(); }
  void identified(const CloudIdentity& identity);
  void keys_changed();
  void listed(const Listed& answer);

  // A caller came for whom these regions are, while the latest word of their EC2 was trouble: it is
  // asked again before he hears it.
  void doubt_trouble(std::span<const std::string> regions);
  // LIST_ALL: answered when every region has shown what it has.
  void list_for(CallerId caller);
  void forget(CallerId caller);

  // Ends every step, and begins to watch each region that it named first; `hurry`: something is
  // pending that a listing will settle.
  void schedule(bool hurry);
  void listing_due(const std::string& region);
  // EC2 has had time to say whether the workers of the journal still run.
  void patience_ended();

 private:
  Step& step_;
  Account account_;
  Listers listers_;
  CloudWatch::Shared shared_;
  std::map<std::string, CloudWatch> watches_;  // by region
};

}  // namespace cb::core
