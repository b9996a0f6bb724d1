#include "core/advice/cloud_advice.h"

#include <array>

#include "base/text.h"
#include "core/advice/cloud_error.h"

namespace cb::core {
namespace {

using enum FailureClass;

// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
struct VcpuQuota {
  std::string_view families;  // between blanks
  std::string_view group;
  std::string_view on_demand;
  std::string_view spot;
};
constexpr VcpuQuota kVcpuQuotas[] = {
    {" a c d h i m r t z ", "Standard (A, C, D, H, I, M, R, T, Z)", "L-1216C47A", "L-34B43A08"},
    {" g vt ", "G and VT", "L-DB2E81BA", "L-3819A6DF"},
    {" p ", "P", "L-417A185B", "L-7212CCBC"},
    {" dl ", "DL", "L-6E869C2A", "L-85EED4F7"},
    {" x ", "X", "L-7295265B", "L-E3A00192"},
    {" f ", "F", "L-74FC7D96", "L-88CF9481"},
    {" inf ", "Inf", "L-1945791B", "L-B5D1601B"},
    {" trn ", "Trn", "L-2C3B7624", "L-6B0D517C"},
};

// On spot they have a quota of their own, on demand that of the other P types.
constexpr VcpuQuota kP5{" p5 ", "P5", "L-417A185B", "L-C4BD4855"};

const VcpuQuota* vcpu_quota(std::string_view type) {
  if (type.starts_with("p5")) return &kP5;
  std::size_t letters = type.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  if (letters == 0 || letters == std::string_view::npos) return nullptr;
  std::string family = str(' ', type.substr(0, letters), ' ');
  // "is4gen", "im4gn" are Standard too.
  if (family == " is " || family == " im ") family = " i ";
  for (const VcpuQuota& quota : kVcpuQuotas) {
    if (quota.families.find(family) != std::string_view::npos) return &quota;
  }
  return nullptr;
}

std::string in_region(const FailureContext& where) {
  return where.region.empty() ? std::string() : str(" in ", where.region);
}

// Where it was, for who has to doubt it.
std::string now_region(const FailureContext& where) {
  return where.region.empty() ? std::string() : str(", now ", where.region);
}

bool about_storage(std::string_view code) {
  return code == "VolumeLimitExceeded" || code == "MaxIOPSLimitExceeded";
}

std::string quota_advice(std::string_view code, const FailureContext& where) {
  if (about_storage(code)) {
    return str("raise the EBS storage quota", in_region(where),
               " in Service Quotas, or delete volumes that nothing uses");
  }
  bool spot = code == "MaxSpotInstanceCountExceeded" ||
              (code != "VcpuLimitExceeded" && where.market == Market::kSpot);
  const VcpuQuota* quota = vcpu_quota(where.type);
  if (quota == nullptr) {
    return str("raise the EC2 ", spot ? "spot" : "on-demand", " quota of ", where.type,
               in_region(where), " in Service Quotas");
  }
  std::string_view on_demand = quota == &kP5 ? "P" : quota->group;
  std::string name = spot ? str("All ", quota->group, " Spot Instance Requests")
                          : str("Running On-Demand ", on_demand, " instances");
  std::string region = where.region.empty() ? std::string() : str(" --region ", where.region);
  return str("raise the EC2 quota \"", name, "\" (counted in vCPUs)", in_region(where),
             ": aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ",
             spot ? quota->spot : quota->on_demand, region, " --desired-value N");
}

constexpr std::string_view kNoSpotRole = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";

std::string denied_advice(std::string_view code, const FailureContext& where) {
  if (code == kNoSpotRole) {
    return "run once as an administrator: aws iam create-service-linked-role --aws-service-name "
           "spot.amazonaws.com";
  }
  if (code == "UnauthorizedOperation" || code.starts_with("AccessDenied")) {
    std::string_view service = where.action == "GetCallerIdentity" ? "sts:" : "ec2:";
    return str("allow ", service, where.action,
               where.action == "RunInstances" ? " and ec2:CreateTags" : "",
               " to the broker's user or role in IAM");
  }
  if (code == "OptInRequired") {
    return str("enable the region", where.region.empty() ? "" : " ", where.region,
               " for the account, or subscribe to the image of [pool.", where.pool,
               "] in AWS Marketplace");
  }
  if (code == "Blocked" || code == "PendingVerification") {
    return "AWS holds the account back: see its e-mail, or ask AWS Support";
  }
  if (code == "RequestExpired") {
    return "set this machine's clock (timedatectl set-ntp true), or renew the credentials";
  }
  if (code.starts_with("ExpiredToken")) {
    return "renew the temporary credentials that the broker was given";
  }
  return str(
      "check the broker's AWS credentials: aws sts get-caller-identity with the same "
      "environment and profile; a region that the account has not enabled",
      now_region(where), " is refused in the same words");
}

// What was refused to one instance, while the same is done with others.
std::string instance_advice(std::string_view code, const FailureContext& where) {
  const std::string region = where.region.empty() ? "" : str(" --region ", where.region);
  if (code == "OperationNotPermitted") {
    return str("if nobody protects it on purpose: aws ec2 modify-instance-attribute --instance-id ",
               where.instance, " --no-disable-api-termination", region);
  }
  if (code == "UnauthorizedOperation" || code.starts_with("AccessDenied")) {
    return str("allow ec2:", where.action, " to the broker's user or role in IAM; where the ",
               "policy goes by the tag compute-broker, see whether somebody has changed the tags ",
               "of ", where.instance, ", or end it yourself: aws ec2 terminate-instances ",
               "--instance-ids ", where.instance, region);
  }
  if (code == "IncorrectInstanceState") return str("look at ", where.instance, " in the console");
  return {};
}

struct ConfigKey {
  std::string_view code;  // how it begins
  std::string_view key;   // behind "[pool.NAME] "
};
constexpr ConfigKey kKeys[] = {
    {"InvalidAMI", "image"},
    {"InvalidGroup.", "security_groups"},
    {"InvalidSecurityGroup", "security_groups"},
    {"InvalidKeyPair.", "key_name"},
    {"InvalidSubnet", "subnet"},
    {"VPCIdNotSpecified", "subnet"},
    {"VPCResourceNotSpecified", "subnet"},
    {"DefaultVpcDoesNotExist", "subnet"},
    {"InvalidVpc", "subnet"},
    {"InvalidIamInstanceProfile", "instance_profile"},
    {"InvalidUserData", "user_data"},
    {"InvalidInstanceType", "instance_types"},
    {"UnsupportedOperation", "instance_types"},
    {"InvalidSnapshot", "image"},
    {"InvalidBlockDeviceMapping", "image"},
};

// Codes that say no more than "a value is wrong" name it in their sentence.
std::string_view key_in(std::string_view message) {
  constexpr std::array<std::array<std::string_view, 2>, 9> kWords{{
      {"iamInstanceProfile", "instance_profile"},
      {"IAM Instance Profile", "instance_profile"},
      {"architecture", "instance_types"},
      {"instance type", "instance_types"},
      {"InstanceType", "instance_types"},
      {"ami-", "image"},
      {"sg-", "security_groups"},
      {"ecurityGroup", "security_groups"},
      {"subnet", "subnet"},
  }};
  for (const auto& [word, key] : kWords) {
    if (message.find(word) != std::string_view::npos) return key;
  }
  return {};
}

std::string_view key_of(const CloudFailure& failure) {
  const std::string_view code = without_side(failure.code);
  for (const ConfigKey& row : kKeys) {
    if (code.starts_with(row.code)) return row.key;
  }
  return key_in(failure.message);
}

std::string config_advice(const CloudFailure& failure, const FailureContext& where) {
  std::string_view code = without_side(failure.code);
  if (code == "InternalError") {
    return str("allow the broker's user or role to use the KMS key of the disk of [pool.",
               where.pool, "] image");
  }
  std::string_view key = key_of(failure);
  if (key.empty()) return str("check the values of [pool.", where.pool, "]");
  std::string_view region = key == "instance_types" ? "" : " and [aws] region";
  return str("check [pool.", where.pool, "] ", key, region,
             region.empty() ? std::string() : now_region(where));
}

// Sentences of our own that end with what to do.
bool says_it_all(const CloudFailure& failure) {
  return !failure.message.empty() &&
         (failure.code == "no credentials" || failure.code == "endpoint");
}

}  // namespace

std::string vcpu_group(std::string_view type) {
  const VcpuQuota* const quota = vcpu_quota(type);
  return std::string(quota != nullptr ? quota->group : type);
}

bool counts_storage(const CloudFailure& failure) {
  return about_storage(without_side(failure.code));
}

bool concerns_type(const CloudFailure& failure) {
  return failure.what == kBadConfig && key_of(failure) == "instance_types";
}

bool concerns_subnet(const CloudFailure& failure) {
  return failure.what == kBadConfig &&
         (failure.code == kNoAddress || failure.code.starts_with("InvalidSubnet"));
}

bool lacks_spot_role(const CloudFailure& failure) {
  return failure.what == kDenied && without_side(failure.code) == kNoSpotRole;
}

std::string advice(const CloudFailure& failure, const FailureContext& where) {
  if (says_it_all(failure)) return {};
  std::string_view code = without_side(failure.code);
  if (!where.instance.empty()) {
    std::string todo = instance_advice(code, where);
    if (!todo.empty()) return todo;
  }
  switch (failure.what) {
    case kQuota:
      return quota_advice(code, where);
    case kDenied:
      return denied_advice(code, where);
    case kBadConfig:
      return config_advice(failure, where);
    case kTokenMismatch:
      return "look for the instance by its tag compute-broker-token; nothing is launched in its "
             "place before it is found or given up";
    case kUnreachable:
      if (failure.code == "proxy") return "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY";
      return str("check this machine's network, DNS and [aws] region", now_region(where));
    case kCapacity:
    case kThrottle:
    case kNotYetVisible:
    case kTokenEnded:
    case kUnknownOutcome:
    case kUnexpected:
      return {};
  }
  return {};
}

std::string how_it_ended(std::string_view code, std::string_view sentence) {
  // EC2 begins its sentence with the code.
  if (!code.empty() && sentence.starts_with(code)) sentence.remove_prefix(code.size());
  while (!sentence.empty() && (sentence.front() == ':' || sentence.front() == ' ')) {
    sentence.remove_prefix(1);
  }
  if (code == "Client.UserInitiatedShutdown") {
    return str("was ended by somebody else through EC2",
               sentence.empty() ? "" : str(" (", sentence, ")"));
  }
  if (code == "Client.InstanceInitiatedShutdown") return "has shut itself down";
  const std::string what = str(code, code.empty() || sentence.empty() ? "" : ": ", sentence);
  return str("was ended by EC2", what.empty() ? "" : str(" (", what, ")"));
}

std::string describe(const CloudFailure& failure, const FailureContext& where) {
  std::string text = says_it_all(failure) ? std::string() : failure.code;
  if (!failure.message.empty()) text += str(text.empty() ? "" : ": ", failure.message);
  std::string todo = advice(failure, where);
  if (!todo.empty()) text += str(text.empty() ? "" : " (", todo, text.empty() ? "" : ")");
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace cb::core
