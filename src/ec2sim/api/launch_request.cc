#include "ec2sim/api/launch_request.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "ec2sim/api/base64.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/capacity.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/launch_network.h"

namespace cb::ec2sim {
namespace {

constexpr std::size_t kTokenMax = 64;
constexpr std::size_t kUserDataMax = 16 * 1024;
constexpr std::size_t kTagsMax = 50;

[[noreturn]] void bad_value(std::string_view name, std::string_view value, std::string_view why) {
  throw Refusal{"InvalidParameterValue",
                str("Value (", value, ") for parameter ", name, " is invalid. ", why)};
}

void read_counts(const Query& query, LaunchOrder& order) {
  query.required("MinCount");
  query.required("MaxCount");
  order.min_count = *query.number("MinCount");
  order.max_count = *query.number("MaxCount");
  if (order.min_count < 1) bad_value("minCount", query.text("MinCount"), "It must be positive.");
  if (order.max_count < order.min_count) {
    bad_value("maxCount", query.text("MaxCount"), "It must be at least minCount.");
  }
  if (order.max_count > 1000) {
    throw Refusal{"InstanceLimitExceeded", "At most 1000 instances can be launched in one call."};
  }
}

void read_image(const Query& query, const Settings& settings, LaunchOrder& order) {
  order.image = query.required("ImageId");
  // The name of a parameter: the instance shows the id that it stands for.
  if (order.image.starts_with("resolve:ssm:")) order.image = settings.named_image;
  if (!order.image.starts_with("ami-") || order.image.size() < 5) {
    throw Refusal{"InvalidAMIID.Malformed", str("Invalid id: \"", order.image, "\"")};
  }
  if (!any_matches(settings.images, order.image)) {
    throw Refusal{"InvalidAMIID.NotFound",
                  str("The image id '[", order.image, "]' does not exist")};
  }
}

void read_type(const Query& query, const Settings& settings, LaunchOrder& order) {
  order.type = query.has("InstanceType") ? query.text("InstanceType") : "m5.large";
  if (!find_type(order.type)) {
    throw Refusal{"InvalidParameterValue",
                  str("Invalid value '", order.type, "' for InstanceType.")};
  }
  if (!any_matches(settings.instance_types, order.type)) {
    throw Refusal{"Unsupported", str("Your requested instance type (", order.type,
                                     ") is not supported in your requested Availability Zone.")};
  }
}

void read_market(const Query& query, const Settings& settings, LaunchOrder& order) {
  const std::string options = "InstanceMarketOptions.";
  const std::string market = query.text(options + "MarketType");
  order.spot = market == "spot";
  if (!market.empty() && !order.spot) {
    throw Refusal{"UnsupportedOperation", str("The simulator does not model ", market, ".")};
  }
  const std::string spot = options + "SpotOptions.";
  const std::string behavior = query.text(spot + "InstanceInterruptionBehavior");
  const bool persistent = query.text(spot + "SpotInstanceType") == "persistent";
  if (persistent || (!behavior.empty() && behavior != "terminate")) {
    throw Refusal{"UnsupportedOperation",
                  "The simulator models one-time spot requests that end by terminating."};
  }
  if (const std::string max = query.text(spot + "MaxPrice"); !max.empty()) {
    const double dollars = std::strtod(max.c_str(), nullptr);
    if (dollars <= 0) bad_value("price", max, "It must be a positive number.");
    const double price = double(price_of(settings, order.type, true).micro_dollars) / 1e6;
    if (dollars < price) {
      throw Refusal{"SpotMaxPriceTooLow",
                    str("Your Spot request price of ", max,
                        " is lower than the minimum required Spot request fulfillment price.")};
    }
  }
}

void read_key(const Query& query, const Settings& settings, LaunchOrder& order) {
  order.key_name = query.text("KeyName");
  if (!order.key_name.empty() && !any_matches(settings.key_names, order.key_name)) {
    throw Refusal{"InvalidKeyPair.NotFound",
                  str("The key pair '", order.key_name, "' does not exist")};
  }
}

void read_profile(const Query& query, const Settings& settings, LaunchOrder& order) {
  const std::string arn = query.text("IamInstanceProfile.Arn");
  const std::string name = query.text("IamInstanceProfile.Name");
  if (!arn.empty() && !name.empty()) {
    bad_combination("The parameter 'iamInstanceProfile.name' may not be used with 'arn'");
  }
  order.profile = arn.empty() ? name : arn.substr(arn.rfind('/') + 1);
  if (order.profile.empty()) return;
  const bool malformed = !arn.empty() && !arn.starts_with("arn:aws:iam::");
  if (malformed || !any_matches(settings.instance_profiles, order.profile)) {
    bad_value(arn.empty() ? "iamInstanceProfile.name" : "iamInstanceProfile.arn",
              arn.empty() ? name : arn, "Invalid IAM Instance Profile name");
  }
}

void read_user_data(const Query& query, LaunchOrder& order) {
  const auto decoded = decode_base64(query.text("UserData"));
  if (!decoded) {
    throw Refusal{"InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."};
  }
  if (decoded->size() > kUserDataMax) {
    throw Refusal{"InvalidParameterValue", str("User data is limited to ", kUserDataMax, " bytes")};
  }
  order.user_data = *decoded;
}

void read_tag(const Query& query, const std::string& prefix, bool ours, LaunchOrder& order) {
  const std::string key = query.required(prefix + "Key");
  if (key.starts_with("aws:") || key.size() > 128) {
    throw Refusal{"InvalidParameterValue",
                  str("Tag keys starting with 'aws:' are reserved, and none may be longer than 128 "
                      "characters: ",
                      key)};
  }
  const std::string value = query.text(prefix + "Value");
  if (value.size() > 256) bad_value("tag value", value, "It may have 256 characters at most.");
  if (ours && !order.tags.emplace(key, value).second) {
    throw Refusal{"InvalidParameterValue", str("Duplicate tag key '", key, "' specified.")};
  }
}

void read_tags(const Query& query, LaunchOrder& order) {
  constexpr std::array<std::string_view, 5> kTaggable{
      "instance", "volume", "spot-instances-request", "network-interface", "elastic-gpu"};
  for (const std::string& prefix : query.prefixes("TagSpecification")) {
    const std::string resource = query.required(prefix + "ResourceType");
    if (std::ranges::count(kTaggable, std::string_view(resource)) == 0) {
      throw Refusal{"InvalidParameterValue",
                    str("'", resource, "' is not a valid taggable resource type.")};
    }
    if (resource == "spot-instances-request" && !order.spot) {
      bad_combination("Tags for a spot request need InstanceMarketOptions with the spot market.");
    }
    for (const std::string& tag : query.prefixes(prefix + "Tag")) {
      read_tag(query, tag, resource == "instance", order);
    }
  }
  if (order.tags.size() > kTagsMax) {
    throw Refusal{"TagLimitExceeded", "More than 50 tags were given."};
  }
}

void read_token(const Query& query, LaunchOrder& order) {
  order.client_token = query.text("ClientToken");
  const bool ascii = std::ranges::all_of(order.client_token, [](char c) { return c > 0; });
  if (order.client_token.size() > kTokenMax || !ascii) {
    bad_value("clientToken", order.client_token, "It may have 64 ASCII characters at most.");
  }
}

// DryRun is no part of what a token stands for.
std::string digest_of(const Parameters& parameters) {
  std::string digest;
  for (const auto& [name, value] : parameters) {
    if (name != "DryRun") digest += str(name.size(), ':', name, value.size(), ':', value);
  }
  return digest;
}

}  // namespace

LaunchOrder read_launch(const Parameters& parameters, const Settings& settings,
                        std::string_view region) {
  const Query query(parameters);
  LaunchOrder order;
  order.region = region;
  read_image(query, settings, order);
  read_counts(query, order);
  read_type(query, settings, order);
  read_market(query, settings, order);
  read_key(query, settings, order);
  read_network(query, settings, order);
  read_profile(query, settings, order);
  read_user_data(query, order);
  read_tags(query, order);
  read_token(query, order);
  order.terminate_on_shutdown =
      query.text("InstanceInitiatedShutdownBehavior") == "terminate" || order.spot;
  order.tokens_required = query.text("MetadataOptions.HttpTokens") == "required";
  order.digest = digest_of(parameters);
  return order;
}

}  // namespace cb::ec2sim
