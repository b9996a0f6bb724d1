#include "wire/ec2_request.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "wire/gzip.h"

namespace cb::wire {
namespace {

constexpr std::string_view kEc2Version = "2016-11-15";
constexpr std::string_view kStsVersion = "2011-06-15";

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

class Form {
 public:
  explicit Form(std::string_view action, std::string_view version = kEc2Version) {
    add("Action", action);
    add("Version", version);
  }

  void add(std::string name, std::string_view value) {
    fields_.emplace_back(std::move(name), percent_encoded(value));
  }
  void add_given(std::string name, std::string_view value) {
    if (!value.empty()) add(std::move(name), value);
  }

  std::string body() {
    std::sort(fields_.begin(), fields_.end());
    std::string out;
    for (const auto& [name, value] : fields_) {
      if (!out.empty()) out += '&';
      out += name;  // our own words: letters, digits and dots
      out += '=';
      out += value;
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

void add_network(Form& form, const core::LaunchSpec& spec) {
  const bool on_interface = !spec.subnet.empty() && spec.public_address.has_value();
  const std::string interface = on_interface ? "NetworkInterface.1." : "";
  if (on_interface) {
    form.add(interface + "DeviceIndex", "0");
    form.add(interface + "DeleteOnTermination", "true");
    form.add(interface + "AssociatePublicIpAddress", *spec.public_address ? "true" : "false");
  }
  form.add_given(interface + "SubnetId", spec.subnet);
  int ids = 0;
  int names = 0;
  for (const std::string& group : spec.security_groups) {
    if (group.starts_with("sg-")) {
      form.add(str(interface, "SecurityGroupId.", ++ids), group);
    } else {
      form.add(str("SecurityGroup.", ++names), group);
    }
  }
}

void add_tags(Form& form, const core::LaunchSpec& spec) {
  if (spec.tags.empty()) return;
  std::vector<std::string_view> resources{"instance", "volume"};
  if (spec.market == core::Market::kSpot) resources.push_back("spot-instances-request");
  for (std::size_t r = 0; r < resources.size(); ++r) {
    const std::string prefix = str("TagSpecification.", r + 1, '.');
    form.add(prefix + "ResourceType", resources[r]);
    int n = 0;
    for (const auto& [key, value] : spec.tags) {
      const std::string tag = str(prefix, "Tag.", ++n, '.');
      form.add(tag + "Key", key);
      form.add(tag + "Value", value);
    }
  }
}

Form launch_form(const core::LaunchSpec& spec) {
  Form form("RunInstances");
  form.add("ImageId", spec.image);
  form.add("InstanceType", spec.type);
  form.add("MinCount", "1");
  form.add("MaxCount", "1");
  form.add("InstanceInitiatedShutdownBehavior", "terminate");
  form.add("MetadataOptions.HttpTokens", "required");
  form.add_given("KeyName", spec.key_name);
  form.add_given("Placement.AvailabilityZone", spec.zone);
  form.add_given("UserData", base64(fitting_user_data(spec.user_data)));
  const bool is_arn = spec.instance_profile.starts_with("arn:");
  form.add_given(is_arn ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name",
                 spec.instance_profile);
  if (spec.market == core::Market::kSpot) {
    form.add("InstanceMarketOptions.MarketType", "spot");
    form.add("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time");
    form.add("InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior", "terminate");
  }
  add_network(form, spec);
  add_tags(form, spec);
  return form;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string encode_run_instances(const core::LaunchSpec& spec) {
  Form form = launch_form(spec);
  form.add("ClientToken", spec.token.value);
  return form.body();
}

std::string encode_run_instances_dry_run(const core::LaunchSpec& spec) {
  Form form = launch_form(spec);
  form.add("DryRun", "true");
  return form.body();
}

std::string encode_list_by_tag(std::string_view key, std::string_view value,
                               std::string_view next_token) {
  Form form("DescribeInstances");
  form.add("Filter.1.Name", str("tag:", key));
  form.add("Filter.1.Value.1", value);
  form.add("MaxResults", str(kListPage));
  form.add_given("NextToken", next_token);
  return form.body();
}

std::string encode_list_by_ids(const std::vector<InstanceId>& ids, std::string_view next_token) {
  CHECK(!ids.empty() && ids.size() <= kFilterValues);
  Form form("DescribeInstances");
  form.add("Filter.1.Name", "instance-id");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    form.add(str("Filter.1.Value.", i + 1), ids[i].value);
  }
  form.add("MaxResults", str(kListPage));
  form.add_given("NextToken", next_token);
  return form.body();
}

std::string encode_create_tags(const std::vector<InstanceId>& ids, std::string_view key,
                               std::string_view value) {
  CHECK(!ids.empty());
  Form form("CreateTags");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    form.add(str("ResourceId.", i + 1), ids[i].value);
  }
  form.add("Tag.1.Key", key);
  form.add("Tag.1.Value", value);
  return form.body();
}

std::string encode_terminate_instances(const std::vector<InstanceId>& ids, bool dry_run) {
  CHECK(!ids.empty());
  Form form("TerminateInstances");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    form.add(str("InstanceId.", i + 1), ids[i].value);
  }
  if (dry_run) form.add("DryRun", "true");
  return form.body();
}

std::string encode_describe_images(std::string_view image) {
  Form form("DescribeImages");
  form.add("ImageId.1", image);
  return form.body();
}

std::string encode_get_caller_identity() {
  return Form("GetCallerIdentity", kStsVersion).body();
}

std::string_view action_of(std::string_view body) {
  for (std::string_view field : split(body, '&')) {
    if (field.starts_with("Action=")) return field.substr(7);
  }
  return {};
}

}  // namespace cb::wire
