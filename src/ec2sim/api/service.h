#pragma once
// EC2 and STS: requests in, answers out. Pure: no sockets, and the time is handed in. What the
// worker processes should do is left in instances().take_effects().

#include <functional>
#include <string>
#include <vector>

#include "ec2sim/api/call_book.h"
#include "ec2sim/api/http_message.h"
#include "ec2sim/api/throttle.h"
#include "ec2sim/model/fleets.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/model/launch_templates.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

class Service {
 public:
  Service(Settings settings, Addresses addresses, ProcessLimits limits);
  Service(const Service&) = delete;  // the instances refer to the settings
  Service& operator=(const Service&) = delete;

  // The target "/" is AWS, everything under "/_sim" the control endpoint (control.h).
  HttpAnswer handle(const HttpRequest& request, SimNow now);
  // The answer is on its way: what it shows has now been shown.
  void sent(const HttpAnswer& answer, SimNow now);

  Instances& instances() { return instances_; }
  Settings& settings() { return settings_; }
  CallBook& calls() { return calls_; }

  // Ends every instance, and forgets all that was ever made or asked.
  void clear();

 private:
  HttpAnswer aws(const HttpRequest& request, SimNow now);
  std::string act_under(const FaultRule& fault, Call& call, SimNow now, HttpAnswer& answer,
                        Prng& prng);
  std::string act(const Call& call, SimNow now, HttpAnswer& answer);

  // One for each action; each returns the answer's XML.
  using Handler = std::string (Service::*)(const Call& call, SimNow now, HttpAnswer& answer);
  struct Action;
  static const Action kActions[];
  // What never changes, as catalogue.h tells it.
  template <auto Answer>
  std::string tell(const Call& call, SimNow now, HttpAnswer& answer);
  std::string identify(const Call& call, SimNow now, HttpAnswer& answer);
  // service_instances.cc
  std::string run(const Call& call, SimNow now, HttpAnswer& answer);
  std::string list(const Call& call, SimNow now, HttpAnswer& answer);
  std::string terminate(const Call& call, SimNow now, HttpAnswer& answer);
  std::string stop(const Call& call, SimNow now, HttpAnswer& answer);
  std::string start(const Call& call, SimNow now, HttpAnswer& answer);
  std::string modify(const Call& call, SimNow now, HttpAnswer& answer);
  std::string create_tags(const Call& call, SimNow now, HttpAnswer& answer);
  // service_templates.cc
  std::string create_template(const Call& call, SimNow now, HttpAnswer& answer);
  std::string list_templates(const Call& call, SimNow now, HttpAnswer& answer);
  std::string list_template_versions(const Call& call, SimNow now, HttpAnswer& answer);
  std::string delete_template(const Call& call, SimNow now, HttpAnswer& answer);
  // service_fleets.cc
  std::string create_fleet(const Call& call, SimNow now, HttpAnswer& answer);

  // InstanceId.N of a call that its caller may make, and that is no dry run.
  std::vector<const Instance*> instances_to_change(const Call& call, SimNow now) const;
  std::string change_states(const Call& call, SimNow now, HttpAnswer& answer,
                            const std::function<void(const std::vector<std::uint64_t>&)>& change);
  void check_rights(const std::vector<const Instance*>& instances, std::string_view action) const;

  Settings settings_;
  Instances instances_;
  LaunchTemplates templates_;
  Fleets fleets_;
  Throttle throttle_;
  CallBook calls_;
};

}  // namespace cb::ec2sim
