#include "ec2sim/calls/launch_request.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "ec2sim/api/base64.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/attribute_request.h"
#include "ec2sim/calls/launch_network.h"
#include "ec2sim/calls/tags.h"
#include "ec2sim/calls/token.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"

namespace cb::ec2sim {
namespace {

constexpr std::size_t kUserDataMax = 16 * 1024;

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

void read_market(const Query& query, LaunchOrder& order) {
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
    if (!(dollars > 0)) bad_value("price", max, "It must be a positive number.");
    order.max_price = {static_cast<std::int64_t>(std::min(dollars, 1e6) * 1e6)};
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

void read_tags(const Query& query, LaunchOrder& order) {
  constexpr std::array<std::string_view, 5> kTaggable{
      "instance", "volume", "spot-instances-request", "network-interface", "elastic-gpu"};
  const TagsOf tags = read_tag_specifications(query, kTaggable);
  if (tags.contains("spot-instances-request") && !order.spot) {
    bad_combination("Tags for a spot request need InstanceMarketOptions with the spot market.");
  }
  if (const auto ours = tags.find("instance"); ours != tags.end()) order.tags = ours->second;
}

// All but what only a launch says, not a template: how many, and the token.
void read_specification(const Query& query, const Settings& settings, LaunchOrder& order) {
  read_type(query, settings, order);
  read_market(query, order);
  read_key(query, settings, order);
  read_network(query, settings, order);
  read_profile(query, settings, order);
  read_user_data(query, order);
  read_tags(query, order);
  order.terminate_on_shutdown =
      query.text("InstanceInitiatedShutdownBehavior") == "terminate" || order.spot;
  order.is_protected = query.flag("DisableApiTermination", false);
  if (order.is_protected) check_protection(order.spot);
  order.tokens_required = query.text("MetadataOptions.HttpTokens") == "required";
}

}  // namespace

LaunchOrder read_launch(const Parameters& parameters, const Settings& settings,
                        std::string_view region) {
  const Query query(parameters);
  LaunchOrder order;
  order.region = region;
  read_image(query, settings, order);
  read_counts(query, order);
  read_specification(query, settings, order);
  order.client_token = read_token(query);
  order.digest = digest_of(parameters);
  return order;
}

void check_launch_data(const Parameters& data, const Settings& settings, std::string_view region) {
  const Query query(data);
  LaunchOrder order;
  order.region = region;
  if (query.has("ImageId")) read_image(query, settings, order);
  read_specification(query, settings, order);
}

}  // namespace cb::ec2sim
